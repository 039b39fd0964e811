package iocp

import (
	"errors"

	"github.com/moduvex/moduvex-go/reactor"
	"golang.org/x/sys/windows"
)

// Close implements [reactor.Poller]. In this order:
//
//  1. Close clears open: every later call fails.
//  2. It wakes the Wait in progress and waits for it. A close of the port does not wake a Wait on some systems.
//  3. It cancels every poll and gets packets until no cancelled poll is outstanding.
//  4. It closes the driver's handles and the port. It frees the blocks, except those of a group with a poll that it
//     could not cancel: the kernel may still write there, so they stay pinned for ever. Close does not wait for
//     such a poll, which may never end, and returns the error.
func (p *Poller) Close() error {
	// 1
	if !p.open.Swap(false) {
		return reactor.ErrClosed
	}
	// 2. Not by Notify: its flag may have been set by a Notify that finds open cleared and does not post.
	err := p.post()
	p.waitMu.Lock()
	defer p.waitMu.Unlock()
	p.portMu.Lock()
	defer p.portMu.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	// 3
	err = errors.Join(err, p.cancelAll(), p.drain())
	// 4
	p.slots.closeAll()
	err = errors.Join(err, windows.CloseHandle(p.port))
	p.toPoll, p.broken, p.buf = nil, nil, nil
	if err != nil {
		return &reactor.PollError{Op: "close", FD: reactor.NoFD, Err: err}
	}
	return nil
}

// cancelAll takes every socket out and cancels every poll that is not cancelled yet, also one that a Delete failed to
// cancel. It returns the first error.
func (p *Poller) cancelAll() (first error) {
	for _, s := range p.sockets {
		p.drop(s)
	}
	for s := range p.slots.owners {
		if s.state != polling {
			continue
		}
		if err := p.cancel(s); err != nil {
			s.stuck = true
			p.stuck++
			if first == nil {
				first = err
			}
		}
	}
	return first
}

// drain handles packets until every poll has ended that cancelAll could cancel.
func (p *Poller) drain() error {
	for p.polls > p.stuck {
		n, err := getPackets(p.port, p.buf, windows.INFINITE)
		if err != nil {
			return err
		}
		p.take(p.buf[:n], nil)
	}
	return nil
}
