package iocp

import (
	"sync"
	"sync/atomic"

	"github.com/moduvex/moduvex-go/reactor"
	"github.com/moduvex/moduvex-go/reactor/pollerkit"
	"golang.org/x/sys/windows"
)

// Poller is a [reactor.Poller] and a [reactor.Rearmer] over one completion port and polls of the AFD driver. New makes
// it; the zero Poller is a closed one, whose methods return [reactor.ErrClosed].
//
// # Who may touch what
//
// The port's handle is a constant until Close closes it. A method uses it only under a lock that Close takes before it
// closes the handle: Wait under waitMu, Notify under portMu, shared, and the methods that start or cancel polls
// under mu. Close clears open before it takes the locks, and every method checks open after it has its lock.
//
// mu guards the registrations and is never held while Wait blocks. Nothing under it blocks: to start and to cancel a
// poll are short calls of the kernel.
type Poller struct {
	port windows.Handle

	open   atomic.Bool // set by newPoller, cleared by Close
	notify pollerkit.NotifyFlag

	portMu sync.RWMutex

	waitMu sync.Mutex // the Wait in progress, or Close
	buf    []entry    // under waitMu; full length, grows to reactor.MaxEvents

	mu      sync.Mutex
	sockets map[windows.Handle]*socket
	slots   slots
	toPoll  []*socket // those that need a poll when the next Wait begins
	broken  []*socket // those whose poll did not start: the next Wait reports an error
	waiting bool      // a Wait is blocked: polls are started at once
	polls   int       // outstanding
	stuck   int       // of these, those that Close could not cancel
}

var (
	_ reactor.Poller  = (*Poller)(nil)
	_ reactor.Rearmer = (*Poller)(nil)
)

// initialRoom is how many packets the buffer of a new Poller takes, 4 KB of them. The buffer doubles whenever a Wait
// fills it.
const initialRoom = 128

// The keys of packets.
const (
	pollKey   = 0 // a poll; the packet's overlapped is its slot
	notifyKey = 1
)

// New returns a Poller. Until its Close it holds a handle for the port and one for each 32 sockets. If the system has no
// AFD driver, or lacks one of the calls that the package uses, the error wraps errors.ErrUnsupported.
func New() (*Poller, error) { return newPoller(afdDevice) }

func newPoller(device string) (*Poller, error) {
	p, err := create(device)
	if err != nil {
		return nil, &reactor.PollError{Op: "new", FD: reactor.NoFD, Err: err}
	}
	p.open.Store(true)
	return p, nil
}

func create(device string) (*Poller, error) {
	if err := findProcs(); err != nil {
		return nil, err
	}
	port, err := windows.CreateIoCompletionPort(windows.InvalidHandle, 0, 0, 1)
	if err != nil {
		return nil, err
	}
	p := &Poller{
		port:    port,
		buf:     make([]entry, initialRoom),
		sockets: make(map[windows.Handle]*socket),
		slots:   slots{device: device, port: port},
	}
	// The first group is made now, so that New returns the error of a missing driver.
	i, err := p.slots.grow()
	if err != nil {
		windows.CloseHandle(port)
		return nil, err
	}
	p.slots.spare = i + 1
	return p, nil
}

// Add implements [reactor.Poller].
func (p *Poller) Add(fd uintptr, key reactor.Key, interest reactor.Interest, mode reactor.Mode) error {
	return p.do("add", fd, func() error {
		if err := pollerkit.CheckArgs(key, interest, mode); err != nil {
			return err
		}
		if p.sockets[windows.Handle(fd)] != nil {
			return reactor.ErrExists
		}
		base, err := baseSocket(windows.Handle(fd))
		if err != nil {
			return err
		}
		s := &socket{fd: windows.Handle(fd), base: base}
		s.set(key, interest, mode)
		if s.at, err = p.slots.get(s); err != nil {
			return err
		}
		if err := p.update(s); err != nil {
			p.slots.put(s.at)
			return err
		}
		p.sockets[s.fd] = s
		return nil
	})
}

// Modify implements [reactor.Poller].
func (p *Poller) Modify(fd uintptr, key reactor.Key, interest reactor.Interest, mode reactor.Mode) error {
	return p.do("modify", fd, func() error {
		if err := pollerkit.CheckArgs(key, interest, mode); err != nil {
			return err
		}
		s := p.sockets[windows.Handle(fd)]
		if s == nil {
			return reactor.ErrNotFound
		}
		before := *s
		s.set(key, interest, mode)
		if err := p.update(s); err != nil {
			*s = before
			return err
		}
		return nil
	})
}

// Rearm implements [reactor.Rearmer].
func (p *Poller) Rearm(fd uintptr, key reactor.Key, interest reactor.Interest) error {
	return p.do("rearm", fd, func() error {
		s := p.sockets[windows.Handle(fd)]
		if s == nil || s.key != key {
			return reactor.ErrNotFound
		}
		if s.mode == reactor.Edge {
			s.rearm(interest)
			return p.update(s)
		}
		return nil
	})
}

// Delete implements [reactor.Poller].
func (p *Poller) Delete(fd uintptr) error {
	return p.do("delete", fd, func() error {
		s := p.sockets[windows.Handle(fd)]
		if s == nil {
			return reactor.ErrNotFound
		}
		p.drop(s)
		return nil
	})
}

// do calls f under mu unless the Poller is closed.
func (p *Poller) do(op string, fd uintptr, f func() error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.open.Load() {
		return reactor.ErrClosed
	}
	if err := f(); err != nil {
		return &reactor.PollError{Op: op, FD: fd, Err: err}
	}
	return nil
}

// update has the wanted events of s polled: at once if a Wait is blocked, which must learn of them, else by the next
// Wait. That saves a poll where several changes follow one another, as when a task reads, writes and waits.
func (p *Poller) update(s *socket) error {
	if !s.needsPoll() {
		return nil
	}
	if p.waiting {
		return p.poll(s)
	}
	p.enqueue(s)
	return nil
}

// poll starts a poll for the wanted events of s, or cancels the outstanding poll, which lacks some of them.
func (p *Poller) poll(s *socket) error {
	if s.state == polling {
		return p.cancel(s)
	}
	afd, b := p.slots.block(s.at)
	// afdLocalClose is the event of a socket that is closed before it is deleted.
	if err := startPoll(afd, b, s.base, s.wanted|afdLocalClose, uintptr(s.at)); err != nil {
		return err
	}
	s.state, s.polled = polling, s.wanted
	p.polls++
	return nil
}

// drop takes s out. If a poll is outstanding, the method that gets its packet frees the slot.
func (p *Poller) drop(s *socket) {
	delete(p.sockets, s.fd)
	s.gone = true
	s.wanted = 0
	switch s.state {
	case idle:
		p.slots.put(s.at)
	case polling:
		// If this fails the poll stays outstanding, and its packet comes when the socket is closed.
		_ = p.cancel(s)
	}
}

// cancel has the kernel end the poll of s. The packet of the poll arrives soon after.
func (p *Poller) cancel(s *socket) error {
	afd, b := p.slots.block(s.at)
	if err := cancelPoll(afd, b); err != nil {
		return err
	}
	s.state = cancelled
	return nil
}
