package iocp

import (
	"errors"

	"github.com/moduvex/moduvex-go/reactor"
	"golang.org/x/sys/windows"
)

// Close implements [reactor.Poller]. In this order:
//
//  1. closed is set: every call that comes later fails.
//  2. The Wait in progress is woken, and waited for. Not by closing the port: that wakes nobody on some
//     systems.
//  3. Every poll is cancelled, and the packets are fetched until no cancelled poll is outstanding.
//  4. The driver's handles and the port are closed. The blocks are freed, except those of a group with a poll
//     that could not be cancelled: the kernel may write there still, so they stay pinned for good. Close waits
//     for no such poll, since it may never end, and returns the error.
func (p *Poller) Close() error {
	// 1
	if p.closed.Swap(true) {
		return reactor.ErrClosed
	}
	// 2. Not by way of Notify: made may have been set by one that finds closed set next and does not post.
	err := p.post()
	p.waitMu.Lock()
	defer p.waitMu.Unlock()
	p.portMu.Lock()
	defer p.portMu.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	// 3
	err = errors.Join(err, p.cancelAll(), p.fetchAll())
	// 4
	p.slots.freeAll()
	err = errors.Join(err, windows.CloseHandle(p.port))
	p.toPoll, p.broken, p.buf = nil, nil, nil
	if err != nil {
		return &reactor.PollError{Op: "close", FD: reactor.NoFD, Err: err}
	}
	return nil
}

// cancelAll takes every socket out, and cancels every poll that is not cancelled yet, a Delete's that failed
// included. It returns the first error.
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

// fetchAll works off packets until every poll has ended that cancelAll could cancel.
func (p *Poller) fetchAll() error {
	for p.polls > p.stuck {
		n, err := getPackets(p.port, p.buf, windows.INFINITE)
		if err != nil {
			return err
		}
		p.take(p.buf[:n], nil)
	}
	return nil
}
