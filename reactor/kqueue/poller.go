//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package kqueue

import (
	"errors"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/moduvex/moduvex-go/reactor"
	"github.com/moduvex/moduvex-go/reactor/pollerkit"
	"golang.org/x/sys/unix"
)

// Poller is a [reactor.Poller] over one queue. New makes it; the zero Poller is a closed one, whose methods return
// [reactor.ErrClosed].
//
// # Who may touch what
//
// The descriptors are constants until Close closes them. From then on their numbers may belong to other files, so
// a method uses a descriptor only under a lock that Close takes before it closes them: Wait under waitMu, the
// other methods under openMu, shared. Close clears open before it takes the locks, and every method checks open after
// it has its lock.
//
// The kernel reports a descriptor and not a registration, so there is a table of sources, under mu. A method holds mu
// during the system calls that change a registration, which do not block, so that under mu the kernel's filters
// and the table agree. Wait takes mu only after it has returned from the kernel. By then an event may be of a
// registration that is gone while the descriptor is registered anew. The tag distinguishes the two: each Add makes
// a new one, and the kernel returns it with every event.
//
// Locks are taken in this order: waitMu, openMu, mu.
type Poller struct {
	k      *kernel
	kq     int
	rd, wr int       // the notifier's pipe; -1 where there is EVFILT_USER
	kick   [1]kevent // what triggers EVFILT_USER

	open atomic.Bool // set by newPoller, cleared by Close

	notify pollerkit.NotifyFlag

	openMu sync.RWMutex

	mu       sync.Mutex
	sources  map[int]*source
	lastTag  uint32
	changes  [2 * filters]kevent // what is being submitted,
	receipts [2 * filters]kevent // and its receipts
	errs     [2 * filters]error  // by change

	// held has the sources whose held is not 0. The method that adds one signals, so that no Wait sleeps on it.
	held []*source

	waitMu sync.Mutex // the Wait in progress, or Close
	buf    []kevent   // under waitMu; full length, grows to reactor.MaxEvents
	waits  uint64     // under waitMu: the number of Waits so far
	bytes  [16]byte   // under waitMu: the notifier's pipe is read into it
}

var _ reactor.Poller = (*Poller)(nil)

// initialRoom is how many kernel events the buffer of a new Poller takes, 4 KB of them. The buffer doubles whenever a
// Wait fills it, so a Poller that watches few busy descriptors never pays for reactor.MaxEvents.
const initialRoom = 128

func newPoller(k *kernel) (*Poller, error) {
	p := &Poller{k: k, kq: -1, rd: -1, wr: -1, sources: make(map[int]*source), buf: make([]kevent, initialRoom)}
	if err := p.create(); err != nil {
		p.release()
		return nil, &reactor.PollError{Op: "new", FD: reactor.NoFD, Err: err}
	}
	p.open.Store(true)
	return p, nil
}

// create makes the descriptors. After an error p has those that it made.
func (p *Poller) create() (err error) {
	if p.kq, err = p.k.Kqueue(); err != nil {
		p.kq = -1
		return err
	}
	return p.openNotifier()
}

// release closes the descriptors that create made.
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
		if err := pollerkit.CheckArgs(key, interest, mode); err != nil {
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
		if err := pollerkit.CheckArgs(key, interest, mode); err != nil {
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

// noNumber replaces a number that no descriptor can have, of which the kernel would use the lower 32 bits only.
// The table never has it.
const noNumber = -1

// change calls f with the table locked, unless p is closed.
func (p *Poller) change(op string, fd uintptr, f func(fd int) error) error {
	p.openMu.RLock()
	defer p.openMu.RUnlock()
	if !p.open.Load() {
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
	if !p.waitMu.TryLock() {
		if !p.open.Load() {
			return events, reactor.ErrClosed
		}
		return events, reactor.ErrBusy
	}
	defer p.waitMu.Unlock()
	if !p.open.Load() {
		return events, reactor.ErrClosed
	}
	more, err := p.wait(events, timeout)
	if !p.open.Load() {
		return events, reactor.ErrClosed
	}
	if err != nil {
		return events, &reactor.PollError{Op: "wait", FD: reactor.NoFD, Err: err}
	}
	return more, nil
}

// Close implements [reactor.Poller].
func (p *Poller) Close() error {
	if !p.open.Swap(false) {
		return reactor.ErrClosed
	}
	// Not by Notify: its flag may have been set by a Notify that finds open cleared and does not signal.
	err := p.signal()
	p.waitMu.Lock() // no Wait is in progress
	defer p.waitMu.Unlock()
	p.openMu.Lock() // and no other method
	defer p.openMu.Unlock()
	if err = errors.Join(err, p.release()); err != nil {
		return &reactor.PollError{Op: "close", FD: reactor.NoFD, Err: err}
	}
	return nil
}
