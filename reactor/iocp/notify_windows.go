package iocp

import (
	"github.com/moduvex/moduvex-go/reactor"
	"golang.org/x/sys/windows"
)

// # Why no Notify is lost
//
// Notify:
//
//  1. sets notified;
//  2. if it was clear before, posts a packet.
//
// Wait:
//
//  1. gets the packet, which thereby leaves the port;
//  2. clears notified;
//  3. returns.
//
// A Notify that finds notified clear posts, and the packet stays in the port until a Wait gets it. A Notify
// that finds it set comes before step 2 of some Wait, since only that clears it, and after the Notify that
// set it, which has posted or is about to. Either that Wait has got the packet: then it has yet to
// return, and returning is all it has to do. Or none has: then the packet is in the port, or will be as
// soon as the other Notify gets to post it.
//
// Both steps on notified are swaps, so that each reads what the one before wrote: what a notifier wrote
// before its Notify is visible to the Wait that returns for it, even if another notifier posted.
//
// The flag also bounds how many packets lie in the port: one, besides those of polls.

// Notify implements [reactor.Poller].
func (p *Poller) Notify() error {
	if p.closed.Load() {
		return reactor.ErrClosed
	}
	if p.notified.Swap(true) {
		return nil
	}
	p.portMu.RLock()
	defer p.portMu.RUnlock()
	if p.closed.Load() {
		return reactor.ErrClosed
	}
	if err := p.post(); err != nil {
		p.notified.Store(false) // let the next one try
		return &reactor.PollError{Op: "notify", FD: reactor.NoFD, Err: err}
	}
	return nil
}

// noted is called by the Wait that got the packet.
func (p *Poller) noted() { p.notified.Swap(false) }

// post puts a packet into the port. The caller keeps Close from closing it meanwhile.
func (p *Poller) post() error {
	return windows.PostQueuedCompletionStatus(p.port, 0, notifyKey, nil)
}
