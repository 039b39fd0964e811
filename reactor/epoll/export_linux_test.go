package epoll

import (
	"encoding/binary"
	"math"
	"time"

	"github.com/moduvex/moduvex-go/reactor"
	"golang.org/x/sys/unix"
)

// NewMillis returns a Poller as on a kernel without epoll_pwait2.
func NewMillis() (*Poller, error) {
	p, err := New()
	if err == nil {
		p.millis = true
	}
	return p, err
}

// Millis is what a timeout becomes on such a kernel.
func Millis(d time.Duration) int { return millis(d) }

// ToEpoll is what the kernel is asked for.
func ToEpoll(interest reactor.Interest, mode reactor.Mode) uint32 { return toEpoll(interest, mode) }

// FromEpoll is what the kernel's reasons become.
func FromEpoll(bits uint32) reactor.Readiness { return fromEpoll(bits) }

// Nanoseconds reports whether p has epoll_pwait2.
func (p *Poller) Nanoseconds() bool { return !p.millis }

// FDs returns p's descriptors.
func (p *Poller) FDs() []int { return []int{p.epfd, p.notifd} }

// Room returns how many kernel events p's buffer takes.
func (p *Poller) Room() int { return len(p.buf) }

// FillNotifier brings the eventfd's counter to its maximum.
func (p *Poller) FillNotifier() error {
	var most [8]byte
	unix.Read(p.notifd, most[:]) // so that there is room for all of it
	binary.NativeEndian.PutUint64(most[:], 1<<64-2)
	_, err := unix.Write(p.notifd, most[:])
	return err
}

// Notice is the word of the notifier.
type Notice = notice

// Word returns the word.
func (n *notice) Word() uint32 { return n.word.Load() }

// AskWord is ask.
func (n *notice) AskWord() (word uint32, already bool) { return n.ask() }

// Ask is the first step of a Notify, and done its last.
func (n *notice) Ask() (done func()) {
	word, _ := n.ask()
	return func() { n.done(word) }
}

// Ask is the first step of a Notify, and done its last.
func (p *Poller) Ask() (done func()) { return p.notice.Ask() }

// TakeStale is a Wait's step whose first swap is from word.
func TakeStale(n *Notice, word uint32) bool { return n.takeFrom(word) }

// LoseEpoll puts a descriptor that is none in place of the epoll instance, so that no wait succeeds.
func (p *Poller) LoseEpoll() (putBack func()) {
	kept := p.epfd
	p.epfd = math.MaxInt32
	return func() { p.epfd = kept }
}

// Signals returns how many signals the notifier has made since the last call.
func (p *Poller) Signals() (n int) {
	var count [8]byte
	if _, err := unix.Read(p.notifd, count[:]); err != nil {
		return 0
	}
	return int(binary.NativeEndian.Uint64(count[:]))
}

// TimespecOf is what a timeout becomes for the kernel.
func TimespecOf(d time.Duration) (sec, nsec int64) {
	ts := timespecOf(d)
	return ts.sec, ts.nsec
}

// IsMissing says what a first call of epoll_pwait2 tells.
func IsMissing(errno unix.Errno) (bool, error) { return isMissing(errno) }

// HoldWait does what a Wait in progress does, until release.
func (p *Poller) HoldWait() (release func()) {
	p.waitMu.Lock()
	return p.waitMu.Unlock
}
