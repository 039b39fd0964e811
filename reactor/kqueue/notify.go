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
//  1. sets asked;
//  2. unless made is set, signals, and then sets made if no Wait has cleared the two meanwhile.
//
// Wait:
//
//  1. gets the signal's event from the kernel, and empties the pipe;
//  2. clears asked and made;
//  3. returns, if asked was set.
//
// A Notify that finds made clear signals itself, and the signal stays with the kernel until a Wait gets it.
// A Notify that finds it set comes before step 2 of some Wait, since only that clears it, and after a signal that
// no Wait has cleared made for. That Wait has yet to return: it is under way already, or it will be, since the
// signal is with the kernel.
//
// A Notify that meets another one between its two steps signals as well: the signal of the other may fail, and
// then only the other is told.
//
// A signal may come without asked: Close and what is held signal by themselves, and a Wait may meet the bit of
// a Notify that has not yet signalled, on account of another signal. Then the Wait goes on, so a signal that is
// late ends no Wait for nothing.
//
// The pipe is emptied before the bits are cleared. The other way round, a Notify in between could see its byte
// read and made left standing, and no later one would signal again.

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
	word, already := p.notice.ask()
	if already {
		return nil
	}
	p.openMu.RLock()
	defer p.openMu.RUnlock()
	if p.closed.Load() {
		return reactor.ErrClosed
	}
	if err := p.signal(); err != nil {
		return &reactor.PollError{Op: "notify", FD: reactor.NoFD, Err: err}
	}
	p.notice.done(word)
	return nil
}

// noted is called by the Wait that got the notifier's event, and says whether to return for it.
func (p *Poller) noted() bool {
	if p.rd >= 0 {
		p.drain()
	}
	return p.notice.take()
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
