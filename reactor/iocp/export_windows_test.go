package iocp

import (
	"github.com/moduvex/moduvex-go/reactor"
	"golang.org/x/sys/windows"
)

// NewOver returns a Poller over another device.
func NewOver(device string) (*Poller, error) { return newPoller(device) }

// Descend looks for the base socket by means of ask.
func Descend(fd windows.Handle, ask func(windows.Handle, uint32) (windows.Handle, error)) (windows.Handle, error) {
	return descend(fd, ask)
}

// The events of the driver, and the questions to a layered provider.
const (
	AfdReceive, AfdExpedited, AfdSend, AfdDisconnect = afdReceive, afdExpedited, afdSend, afdDisconnect
	AfdAbort, AfdAccept, AfdConnectFail              = afdAbort, afdAccept, afdConnectFail

	SioBaseHandle, SioBSPHandle          = sioBaseHandle, sioBSPHandle
	SioBSPHandleSelect, SioBSPHandlePoll = sioBSPHandleSelect, sioBSPHandlePoll
	GroupSize, MaxLayers                 = groupSize, maxLayers
)

// FromAfd is what the driver's events become.
func FromAfd(events uint32, hungUp bool) reactor.Readiness { return fromAfd(events, hungUp) }

// ToAfd is what the driver is asked for.
func ToAfd(interest reactor.Interest) uint32 { return toAfd(interest) }

// SendHasEnded looks whether a socket is shut down for sending.
func SendHasEnded(fd uintptr) bool { return sendHasEnded(windows.Handle(fd)) }

// RefusesToSend is the way to find that out without asking TCP.
func RefusesToSend(fd uintptr) bool { return refusesToSend(windows.Handle(fd)) }

// Millis is what a timeout becomes.
var Millis = millis

// Polls returns how many polls are outstanding.
func (p *Poller) Polls() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.polls
}

// Slots returns how many slots are taken, in how many groups.
func (p *Poller) Slots() (taken, groups int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, g := range p.slots.groups {
		if g == nil {
			continue
		}
		groups++
		for at := range groupSize {
			if g.socks[at] != nil {
				taken++
			}
		}
	}
	return taken, groups
}

// Handles returns p's handles.
func (p *Poller) Handles() []windows.Handle {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := []windows.Handle{p.port}
	for _, g := range p.slots.groups {
		if g != nil {
			out = append(out, g.afd)
		}
	}
	return out
}

// Break makes p take a socket for one whose poll could not be started, and its room for packets as large as
// it gets.
func (p *Poller) Break(fd uintptr) {
	p.waitMu.Lock()
	defer p.waitMu.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.buf = make([]entry, reactor.MaxEvents)
	p.broken = append(p.broken, p.sockets[windows.Handle(fd)])
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

// LoseDriver puts a handle that is none in place of each of the driver's, so that no poll can be cancelled. It
// returns what puts them back, and what closes them.
func (p *Poller) LoseDriver() (putBack, closeAll func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	const none = windows.Handle(0x7ffffff0)
	kept := make(map[*group]windows.Handle)
	for _, g := range p.slots.groups {
		if g != nil {
			kept[g], g.afd = g.afd, none
		}
	}
	putBack = func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		for g, h := range kept {
			g.afd = h
		}
	}
	closeAll = func() {
		for _, h := range kept {
			windows.CloseHandle(h)
		}
	}
	return putBack, closeAll
}

// Pinned returns how many groups are pinned, of all Pollers.
func Pinned() int {
	pinned.mu.Lock()
	defer pinned.mu.Unlock()
	return len(pinned.groups)
}

// HoldWait does what a Wait in progress does, until release.
func (p *Poller) HoldWait() (release func()) {
	p.waitMu.Lock()
	return p.waitMu.Unlock
}
