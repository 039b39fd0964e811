package epoll

import (
	"errors"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/moduvex/moduvex-go/reactor"
	"golang.org/x/sys/unix"
)

// Poller is a [reactor.Poller] over one epoll instance and one eventfd.
//
// # Who may touch what
//
// The descriptors are constants until Close closes them, and their numbers may belong to someone else
// the moment after. So every use of one is under a lock that Close takes before it closes them: waitMu
// for Wait, ctlMu, shared, for the others. closed is set before that, so whoever gets a lock later looks
// at it and keeps off. Wait has its own lock since it would otherwise hold ctlMu while it blocks, and
// the first waiting Close would block every Add; and it comes with ErrBusy for free.
type Poller struct {
	epfd   int
	notifd int // the eventfd, in epfd under reactor.ReservedKey

	// millis says that epoll_pwait2 cannot be had. Constant after New.
	millis bool

	closed atomic.Bool // set by Close, once

	notice notice

	ctlMu sync.RWMutex

	waitMu sync.Mutex        // the Wait in progress, or Close
	buf    []unix.EpollEvent // under waitMu; full length, grows to reactor.MaxEvents
}

var _ reactor.Poller = (*Poller)(nil)

// bufAtFirst is the room for kernel events that a Poller starts with, 1.5 KB of it. It doubles whenever a
// Wait fills it, so a Poller that watches few busy descriptors never pays for reactor.MaxEvents.
const bufAtFirst = 128

// New returns a Poller of its own. It costs two descriptors, both close-on-exec, until Close.
func New() (*Poller, error) {
	p := &Poller{epfd: -1, notifd: -1, buf: make([]unix.EpollEvent, bufAtFirst)}
	if err := p.open(); err != nil {
		p.release()
		return nil, &reactor.PollError{Op: "new", FD: reactor.NoFD, Err: err}
	}
	return p, nil
}

// open makes the descriptors; what it made before an error is in p.
func (p *Poller) open() (err error) {
	if p.epfd, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return err
	}
	if p.notifd, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		return err
	}
	ev := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLET}
	setKey(&ev, reactor.ReservedKey)
	if err = unix.EpollCtl(p.epfd, unix.EPOLL_CTL_ADD, p.notifd, &ev); err != nil {
		return err
	}
	p.millis, err = p.probe()
	return err
}

// release closes the descriptors there are.
func (p *Poller) release() error {
	var errs [2]error
	if p.notifd >= 0 {
		errs[0] = unix.Close(p.notifd)
	}
	if p.epfd >= 0 {
		errs[1] = unix.Close(p.epfd)
	}
	return errors.Join(errs[:]...)
}

// Add implements [reactor.Poller].
func (p *Poller) Add(fd uintptr, key reactor.Key, interest reactor.Interest, mode reactor.Mode) error {
	return p.set("add", unix.EPOLL_CTL_ADD, fd, key, interest, mode)
}

// Modify implements [reactor.Poller].
func (p *Poller) Modify(fd uintptr, key reactor.Key, interest reactor.Interest, mode reactor.Mode) error {
	return p.set("modify", unix.EPOLL_CTL_MOD, fd, key, interest, mode)
}

// Delete implements [reactor.Poller].
func (p *Poller) Delete(fd uintptr) error {
	return p.ctl("delete", unix.EPOLL_CTL_DEL, fd, &unix.EpollEvent{})
}

func (p *Poller) set(op string, ctl int, fd uintptr, key reactor.Key, interest reactor.Interest, mode reactor.Mode) error {
	if key == reactor.ReservedKey || !interest.Valid() || !mode.Valid() {
		return &reactor.PollError{Op: op, FD: fd, Err: reactor.ErrInvalid}
	}
	ev := unix.EpollEvent{Events: toEpoll(interest, mode)}
	setKey(&ev, key)
	return p.ctl(op, ctl, fd, &ev)
}

func (p *Poller) ctl(op string, ctl int, fd uintptr, ev *unix.EpollEvent) error {
	p.ctlMu.RLock()
	defer p.ctlMu.RUnlock()
	if p.closed.Load() {
		return reactor.ErrClosed
	}
	var err error
	switch {
	case fd <= math.MaxInt32:
		err = unix.EpollCtl(p.epfd, ctl, int(fd), ev)
	case ctl == unix.EPOLL_CTL_ADD: // the kernel would look at the lower 32 bits only
		err = unix.EBADF
	default: // so it cannot have been added
		err = unix.ENOENT
	}
	switch err {
	case nil:
		return nil
	case unix.EEXIST:
		err = reactor.ErrExists
	case unix.ENOENT:
		err = reactor.ErrNotFound
	}
	return &reactor.PollError{Op: op, FD: fd, Err: err}
}

// Wait implements [reactor.Poller].
func (p *Poller) Wait(events []reactor.Event, timeout time.Duration) ([]reactor.Event, error) {
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
	n, err := p.wait(timeout)
	if p.closed.Load() {
		return events, reactor.ErrClosed
	}
	if err != nil {
		return events, &reactor.PollError{Op: "wait", FD: reactor.NoFD, Err: err}
	}
	return p.collect(events, n), nil
}

// collect appends the first n kernel events of buf to events.
func (p *Poller) collect(events []reactor.Event, n int) []reactor.Event {
	for i := range p.buf[:n] {
		ev := &p.buf[i]
		key := getKey(ev)
		if key == reactor.ReservedKey {
			p.noted()
			continue
		}
		if ready := fromEpoll(ev.Events); ready != 0 {
			events = append(events, reactor.Event{Key: key, Ready: ready})
		}
	}
	if n == len(p.buf) && n < reactor.MaxEvents {
		p.buf = make([]unix.EpollEvent, min(2*n, reactor.MaxEvents))
	}
	return events
}

// Close implements [reactor.Poller].
func (p *Poller) Close() error {
	if p.closed.Swap(true) {
		return reactor.ErrClosed
	}
	// Not by way of Notify: the flag may have been set by one that will find closed set and not write.
	err := p.signal()
	p.waitMu.Lock() // the Wait in progress has left
	defer p.waitMu.Unlock()
	p.ctlMu.Lock() // and so has everyone else
	defer p.ctlMu.Unlock()
	if err = errors.Join(err, p.release()); err != nil {
		return &reactor.PollError{Op: "close", FD: reactor.NoFD, Err: err}
	}
	return nil
}
