package iocp

import (
	"github.com/moduvex/moduvex-go/reactor"
	"golang.org/x/sys/windows"
)

// The notifier is a packet that is posted to the completion port under notifyKey. [pollerkit.NotifyFlag] has the
// protocol of Notify and Wait and the proof that no Notify is lost; a signal of that protocol is a post, and it leaves
// the port when a Wait gets it.
//
// The flag also bounds how many packets are in the port besides those of polls: one, and one for each Notify that is
// in progress.

// Notify implements [reactor.Poller].
func (p *Poller) Notify() error {
	if !p.open.Load() {
		return reactor.ErrClosed
	}
	ticket, signalled := p.notify.Request()
	if signalled {
		return nil
	}
	p.portMu.RLock()
	defer p.portMu.RUnlock()
	if !p.open.Load() {
		return reactor.ErrClosed
	}
	if err := p.post(); err != nil {
		return &reactor.PollError{Op: "notify", FD: reactor.NoFD, Err: err}
	}
	p.notify.Signalled(ticket)
	return nil
}

// post puts a packet into the port. The caller keeps Close from closing the port meanwhile.
func (p *Poller) post() error {
	return windows.PostQueuedCompletionStatus(p.port, 0, notifyKey, nil)
}
