package iocp

import (
	"github.com/moduvex/moduvex-go/reactor"
	"github.com/moduvex/moduvex-go/reactor/pollerkit"
	"golang.org/x/sys/windows"
)

// NewOver returns a Poller over another device.
func NewOver(device string) (*Poller, error) { return newPoller(device) }

// Descend is descend.
func Descend(fd windows.Handle, request func(windows.Handle, uint32) (windows.Handle, error)) (windows.Handle, error) {
	return descend(fd, request)
}

// The events of the driver, and the requests to a layered provider.
const (
	AfdReceive, AfdExpedited, AfdSend, AfdDisconnect = afdReceive, afdExpedited, afdSend, afdDisconnect
	AfdAbort, AfdAccept, AfdConnectFail              = afdAbort, afdAccept, afdConnectFail

	SioBaseHandle, SioBSPHandle          = sioBaseHandle, sioBSPHandle
	SioBSPHandleSelect, SioBSPHandlePoll = sioBSPHandleSelect, sioBSPHandlePoll
	GroupSize, MaxLayers                 = groupSize, maxLayers
)

// FromAfd converts the driver's events.
func FromAfd(events uint32, hungUp bool) reactor.Readiness { return fromAfd(events, hungUp) }

// ToAfd returns the driver's events for an Interest.
func ToAfd(interest reactor.Interest) uint32 { return toAfd(interest) }

// SendHasEnded reports whether a socket is shut down for sending.
func SendHasEnded(fd uintptr) bool { return sendHasEnded(windows.Handle(fd)) }

// RefusesToSend reports the same without the state of TCP.
func RefusesToSend(fd uintptr) bool { return refusesToSend(windows.Handle(fd)) }

// Millis converts a timeout for the system.
var Millis = millis

// Polls returns how many polls are outstanding.
func (p *Poller) Polls() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.polls
}

// Slots returns how many slots are in use, in how many groups.
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

// Break puts a socket among those whose poll did not start, and gives p its largest buffer.
func (p *Poller) Break(fd uintptr) {
	p.waitMu.Lock()
	defer p.waitMu.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.buf = make([]entry, reactor.MaxEvents)
	p.broken = append(p.broken, p.sockets[windows.Handle(fd)])
}

// NotifyFlag returns the flag that Notify uses.
func (p *Poller) NotifyFlag() *pollerkit.NotifyFlag { return &p.notify }

// LoseDriver replaces each handle of the driver by an invalid one, so that no poll can be cancelled. putBack restores
// the handles, and closeAll closes them.
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

// HoldWait makes p as busy as a Wait in progress does, until release is called.
func (p *Poller) HoldWait() (release func()) {
	p.waitMu.Lock()
	return p.waitMu.Unlock
}
