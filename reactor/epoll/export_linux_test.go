package epoll

import (
	"encoding/binary"
	"math"
	"time"

	"github.com/moduvex/moduvex-go/reactor"
	"github.com/moduvex/moduvex-go/reactor/pollerkit"
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

// Millis converts a timeout for such a kernel.
func Millis(d time.Duration) int { return millis(d) }

// ToEpoll returns the bits that epoll_ctl gets.
func ToEpoll(interest reactor.Interest, mode reactor.Mode) uint32 { return toEpoll(interest, mode) }

// FromEpoll converts the bits of a kernel event.
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
	unix.Read(p.notifd, most[:]) // makes room for the whole count
	binary.NativeEndian.PutUint64(most[:], 1<<64-2)
	_, err := unix.Write(p.notifd, most[:])
	return err
}

// NotifyFlag returns the flag that Notify uses.
func (p *Poller) NotifyFlag() *pollerkit.NotifyFlag { return &p.notify }

// LoseEpoll replaces the epoll instance by a number that no descriptor has, so that no wait succeeds.
func (p *Poller) LoseEpoll() (putBack func()) {
	kept := p.epfd
	p.epfd = math.MaxInt32
	return func() { p.epfd = kept }
}

// Signals returns the eventfd's counter. It writes the counter back, since an edge of an empty eventfd is none.
func (p *Poller) Signals() int {
	var count [8]byte
	if _, err := unix.Read(p.notifd, count[:]); err != nil {
		return 0
	}
	unix.Write(p.notifd, count[:])
	return int(binary.NativeEndian.Uint64(count[:]))
}

// TimespecOf converts a timeout for epoll_pwait2.
func TimespecOf(d time.Duration) (sec, nsec int64) {
	ts := timespecOf(d)
	return ts.sec, ts.nsec
}

// IsMissing interprets the result of a first call of epoll_pwait2.
func IsMissing(errno unix.Errno) (bool, error) { return isMissing(errno) }

// HoldWait makes p as busy as a Wait in progress does, until release is called.
func (p *Poller) HoldWait() (release func()) {
	p.waitMu.Lock()
	return p.waitMu.Unlock
}
