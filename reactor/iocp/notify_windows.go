package iocp

import (
	"github.com/moduvex/moduvex-go/reactor"
	"golang.org/x/sys/windows"
)

// # Why no Notify is lost
//
// Notify:
//
//  1. sets asked;
//  2. unless made is set, posts a packet, and then sets made if no Wait has cleared the two meanwhile.
//
// Wait:
//
//  1. gets the packet, which thereby leaves the port;
//  2. clears asked and made;
//  3. returns, if asked was set.
//
// A Notify that finds made clear posts itself, and the packet stays in the port until a Wait gets it. A Notify
// that finds it set comes before step 2 of some Wait, since only that clears it, and after a post that no Wait
// has cleared made for. Either that Wait has got the packet: then it has yet to return, and returning is all it
// has to do. Or none has: then the packet is in the port.
//
// A Notify that meets another one between its two steps posts as well: the post of the other may fail, and then
// only the other is told. A packet that comes when another Wait has returned for its Notify ends no Wait.
//
// The word also bounds how many packets lie in the port besides those of polls: one, and one for each Notify that
// is under way.

// Notify implements [reactor.Poller].
func (p *Poller) Notify() error {
	if p.closed.Load() {
		return reactor.ErrClosed
	}
	word, already := p.notice.ask()
	if already {
		return nil
	}
	p.portMu.RLock()
	defer p.portMu.RUnlock()
	if p.closed.Load() {
		return reactor.ErrClosed
	}
	if err := p.post(); err != nil {
		return &reactor.PollError{Op: "notify", FD: reactor.NoFD, Err: err}
	}
	p.notice.done(word)
	return nil
}

// noted is called by the Wait that got the packet, and says whether to return for it.
func (p *Poller) noted() bool { return p.notice.take() }

// post puts a packet into the port. The caller keeps Close from closing it meanwhile.
func (p *Poller) post() error {
	return windows.PostQueuedCompletionStatus(p.port, 0, notifyKey, nil)
}
