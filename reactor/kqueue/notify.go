//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package kqueue

import (
	"github.com/moduvex/moduvex-go/reactor"
	"golang.org/x/sys/unix"
)

// The notifier is EVFILT_USER, triggered, or a pipe, written to. [pollerkit.NotifyFlag] has the protocol of Notify and
// Wait and the proof that no Notify is lost. A signal of that protocol is a trigger, or a byte in the pipe. With
// EV_CLEAR the kernel resets EVFILT_USER when it reports it; the Wait that has the pipe's event empties the pipe.
//
// Close, and a method that holds something for a Wait, signal without a request; NotifyFlag.Take returns
// false then, and the Wait checks for these reasons itself.

// notifierIdent is the identifier of the notifier, the only filter of EVFILT_USER.
const notifierIdent = 0

// openNotifier makes the notifier and registers it.
func (p *Poller) openNotifier() (err error) {
	var add [1]kevent
	if p.k.user != 0 {
		p.kick[0].set(notifierIdent, p.k.user, 0, noteTrigger, 0, 0)
		add[0].set(notifierIdent, p.k.user, evAdd|evClear, 0, 0, 0)
	} else {
		if p.rd, p.wr, err = p.k.Pipe(); err != nil {
			p.rd, p.wr = -1, -1
			return err
		}
		add[0].set(p.rd, filterRead, evAdd, 0, 0, 0)
	}
	_, err = p.retry(add[:], nil)
	return err
}

// isNotifier reports whether ev is the notifier's. No caller can register p's own pipe: nothing outside p knows its
// number.
func (p *Poller) isNotifier(ev *kevent) bool {
	if p.k.user != 0 {
		return int(ev.filter) == p.k.user
	}
	return int(ev.ident) == p.rd
}

// Notify implements [reactor.Poller].
func (p *Poller) Notify() error {
	if !p.open.Load() {
		return reactor.ErrClosed
	}
	ticket, signalled := p.notify.Request()
	if signalled {
		return nil
	}
	p.openMu.RLock()
	defer p.openMu.RUnlock()
	if !p.open.Load() {
		return reactor.ErrClosed
	}
	if err := p.signal(); err != nil {
		return &reactor.PollError{Op: "notify", FD: reactor.NoFD, Err: err}
	}
	p.notify.Signalled(ticket)
	return nil
}

// takeNotify is called by the Wait that got the notifier's event, and reports whether a Notify requested it. It empties
// the pipe first; see NotifyFlag.
func (p *Poller) takeNotify() bool {
	if p.rd >= 0 {
		p.drain()
	}
	return p.notify.Take()
}

// drain empties the pipe.
func (p *Poller) drain() {
	for {
		n, err := unix.Read(p.rd, p.bytes[:])
		if n < len(p.bytes) && err != unix.EINTR {
			return
		}
	}
}

// signal makes the notifier's event. The caller keeps Close from closing the descriptors meanwhile.
func (p *Poller) signal() error {
	if p.k.user != 0 {
		_, err := p.retry(p.kick[:], nil)
		return err
	}
	for {
		switch _, err := unix.Write(p.wr, one[:]); err {
		case unix.EINTR:
		case nil, unix.EAGAIN: // a full pipe has an event too
			return nil
		default:
			return err
		}
	}
}

var one = [1]byte{1}
