//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package kqueue

import (
	"github.com/moduvex/moduvex-go/reactor"
	"golang.org/x/sys/unix"
)

// The notifier is EVFILT_USER, triggered, or a pipe, written to. With EV_CLEAR the kernel resets the one when
// it reports it; the other is emptied by the Wait that has its event.
//
// # Why no Notify is lost
//
// Notify:
//
//  1. sets notified;
//  2. if it was clear before, signals.
//
// Wait:
//
//  1. gets the signal's event from the kernel, and empties the pipe;
//  2. clears notified;
//  3. returns, if it was set.
//
// A Notify that finds notified clear signals, and the signal stays with the kernel until a Wait gets it.
// A Notify that finds it set comes before step 2 of some Wait, since only that clears it, and that Wait
// has yet to return. It is under way already, or it will be: the Notify that set the flag has signalled
// or is about to.
//
// A signal may come without the flag: Close and what is held signal by themselves, and a Wait may meet
// the flag of a Notify that has not yet signalled, on account of another signal. Then the Wait goes on, so
// a signal that is late ends no Wait for nothing.
//
// Both steps on notified are swaps, so that each reads what the one before wrote: what a notifier wrote
// before its Notify is therefore visible to the Wait that returns for it, even if another one signalled.
//
// The pipe is emptied before the flag is cleared. The other way round, a Notify in between could see its byte
// read and its flag left standing, and no later one would signal again.

// notifierIdent is the notifier's number among the filters of EVFILT_USER, where no other is.
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

// isNotifier reports whether ev is the notifier's. No source has the tag 0 before 2^32 Adds, nor does
// anybody else register p's own pipe.
func (p *Poller) isNotifier(ev *kevent) bool {
	if p.k.user != 0 {
		return int(ev.filter) == p.k.user
	}
	return int(ev.ident) == p.rd
}

// Notify implements [reactor.Poller].
func (p *Poller) Notify() error {
	if p.k == nil {
		return unsupported("notify", reactor.NoFD)
	}
	if p.closed.Load() {
		return reactor.ErrClosed
	}
	if p.notified.Swap(true) {
		return nil
	}
	p.openMu.RLock()
	defer p.openMu.RUnlock()
	if p.closed.Load() {
		return reactor.ErrClosed
	}
	if err := p.signal(); err != nil {
		p.notified.Store(false) // let the next one try
		return &reactor.PollError{Op: "notify", FD: reactor.NoFD, Err: err}
	}
	return nil
}

// noted is called by the Wait that got the notifier's event, and says whether to return for it.
func (p *Poller) noted() bool {
	if p.rd >= 0 {
		p.drain()
	}
	return p.notified.Swap(false)
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
		case nil, unix.EAGAIN: // a full pipe is as good
			return nil
		default:
			return err
		}
	}
}

var one = [1]byte{1}
