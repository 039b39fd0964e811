//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package kqueue

import (
	"errors"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/moduvex/moduvex-go/reactor"
	"golang.org/x/sys/unix"
)

// Poller is a [reactor.Poller] over one queue. New makes it; the methods of the zero value return errors
// that wrap errors.ErrUnsupported.
//
// # Who may touch what
//
// The descriptors are constants until Close closes them, and their numbers may belong to someone else
// the moment after. So every use of one is under a lock that Close takes before it closes them: waitMu
// for Wait, openMu, shared, for the others. closed is set before that, so whoever gets a lock later looks
// at it and keeps off.
//
// The kernel tells of a descriptor and not of a registration, so there is a table, under mu. mu is held over
// the system calls that change a registration, which do not block, so that what the kernel has and what
// the table says are the same to whoever holds mu. Wait takes it only once it is back from the
// kernel. By then an event may be of a registration that is gone, and the descriptor registered anew:
// the tag, which each Add draws and the kernel hands back, tells.
//
// Locks are taken in this order: waitMu, openMu, mu.
type Poller struct {
	k      *kernel // nil if New did not make it
	kq     int
	rd, wr int       // the notifier's pipe; -1 where there is EVFILT_USER
	kick   [1]kevent // what triggers EVFILT_USER

	closed atomic.Bool // set by Close, once

	notice notice

	openMu sync.RWMutex

	mu       sync.Mutex
	sources  map[int]*source
	lastTag  uint32
	changes  [2 * filters]kevent // what is being submitted,
	receipts [2 * filters]kevent // and its receipts
	errs     [2 * filters]error  // by change

	// held has the sources whose held is not 0. Whoever adds one signals, so that no Wait sleeps on it.
	held []*source

	waitMu sync.Mutex // the Wait in progress, or Close
	buf    []kevent   // under waitMu; full length, grows to reactor.MaxEvents
	turn   uint64     // under waitMu: counts the Waits
	bytes  [16]byte   // under waitMu: what the notifier's pipe is read into
}

var _ reactor.Poller = (*Poller)(nil)

// bufAtFirst is the room for kernel events that a Poller starts with, 4 KB of it. It doubles whenever a
// Wait fills it, so a Poller that watches few busy descriptors never pays for reactor.MaxEvents.
const bufAtFirst = 128

func newPoller(k *kernel) (*Poller, error) {
	p := &Poller{k: k, kq: -1, rd: -1, wr: -1, sources: make(map[int]*source), buf: make([]kevent, bufAtFirst)}
	if err := p.open(); err != nil {
		p.release()
		return nil, &reactor.PollError{Op: "new", FD: reactor.NoFD, Err: err}
	}
	return p, nil
}

// open makes the descriptors; what it made before an error is in p.
func (p *Poller) open() (err error) {
	if p.kq, err = p.k.Kqueue(); err != nil {
		p.kq = -1
		return err
	}
	return p.openNotifier()
}

// release closes the descriptors there are.
func (p *Poller) release() error {
	var errs [3]error
	for i, fd := range [...]int{p.wr, p.rd, p.kq} {
		if fd >= 0 {
			errs[i] = p.k.Close(fd)
		}
	}
	return errors.Join(errs[:]...)
}

// Add implements [reactor.Poller].
func (p *Poller) Add(fd uintptr, key reactor.Key, interest reactor.Interest, mode reactor.Mode) error {
	return p.change("add", fd, func(fd int) error {
		if err := check(key, interest, mode); err != nil {
			return err
		}
		if p.sources[fd] != nil {
			return reactor.ErrExists
		}
		if fd == noNumber {
			return unix.EBADF
		}
		return p.add(fd, key, interest, mode)
	})
}

// Modify implements [reactor.Poller].
func (p *Poller) Modify(fd uintptr, key reactor.Key, interest reactor.Interest, mode reactor.Mode) error {
	return p.change("modify", fd, func(fd int) error {
		if err := check(key, interest, mode); err != nil {
			return err
		}
		s := p.sources[fd]
		if s == nil {
			return reactor.ErrNotFound
		}
		return p.modify(s, key, interest, mode)
	})
}

// Delete implements [reactor.Poller].
func (p *Poller) Delete(fd uintptr) error {
	return p.change("delete", fd, func(fd int) error {
		s := p.sources[fd]
		if s == nil {
			return reactor.ErrNotFound
		}
		return p.remove(s)
	})
}

func check(key reactor.Key, interest reactor.Interest, mode reactor.Mode) error {
	if key == reactor.ReservedKey || !interest.Valid() || !mode.Valid() {
		return reactor.ErrInvalid
	}
	return nil
}

// noNumber stands for a descriptor whose number is none: the kernel would look at the lower 32 bits only. The
// table never has it.
const noNumber = -1

// change calls f with the table locked, unless p is closed.
func (p *Poller) change(op string, fd uintptr, f func(fd int) error) error {
	if p.k == nil {
		return unsupported(op, fd)
	}
	p.openMu.RLock()
	defer p.openMu.RUnlock()
	if p.closed.Load() {
		return reactor.ErrClosed
	}
	number := noNumber
	if fd <= math.MaxInt32 {
		number = int(fd)
	}
	p.mu.Lock()
	err := f(number)
	p.mu.Unlock()
	if err != nil {
		return &reactor.PollError{Op: op, FD: fd, Err: err}
	}
	return nil
}

// Wait implements [reactor.Poller].
func (p *Poller) Wait(events []reactor.Event, timeout time.Duration) ([]reactor.Event, error) {
	if p.k == nil {
		return events, unsupported("wait", reactor.NoFD)
	}
	if !p.waitMu.TryLock() {
		if p.closed.Load() {
			return events, reactor.ErrClosed
		}
		return events, reactor.ErrBusy
	}
	defer p.waitMu.Unlock()
	if p.closed.Load() {
		return events, reactor.ErrClosed
	}
	more, err := p.wait(events, timeout)
	if p.closed.Load() {
		return events, reactor.ErrClosed
	}
	if err != nil {
		return events, &reactor.PollError{Op: "wait", FD: reactor.NoFD, Err: err}
	}
	return more, nil
}

// Close implements [reactor.Poller].
func (p *Poller) Close() error {
	if p.k == nil {
		return unsupported("close", reactor.NoFD)
	}
	if p.closed.Swap(true) {
		return reactor.ErrClosed
	}
	// Not by way of Notify: the flag may have been set by one that will find closed set and not signal.
	err := p.signal()
	p.waitMu.Lock() // the Wait in progress has left
	defer p.waitMu.Unlock()
	p.openMu.Lock() // and so has everyone else
	defer p.openMu.Unlock()
	if err = errors.Join(err, p.release()); err != nil {
		return &reactor.PollError{Op: "close", FD: reactor.NoFD, Err: err}
	}
	return nil
}
