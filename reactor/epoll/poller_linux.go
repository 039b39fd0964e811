package epoll

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

// Poller is a [reactor.Poller] over one epoll instance and one eventfd. New makes it; the zero Poller is a closed one,
// whose methods return [reactor.ErrClosed].
//
// # Who may touch what
//
// The descriptors are constants until Close closes them. From then on their numbers may belong to other files, so
// a method uses a descriptor only under a lock that Close takes before it closes them: Wait under waitMu, the
// other methods under ctlMu, shared. Close clears open before it takes the locks, and every method checks open after
// it has its lock. Wait has a lock of its own for two reasons: a Wait that blocked under ctlMu would make a waiting
// Close block every Add, and TryLock of waitMu gives ErrBusy.
type Poller struct {
	epfd   int
	notifd int // the eventfd, in epfd under reactor.ReservedKey

	// millis says that the kernel has no epoll_pwait2. Constant after New.
	millis bool

	open atomic.Bool // set by New, cleared by Close

	notify pollerkit.NotifyFlag

	ctlMu sync.RWMutex

	waitMu sync.Mutex        // the Wait in progress, or Close
	buf    []unix.EpollEvent // under waitMu; full length, grows to reactor.MaxEvents
	nested nested            // under waitMu
}

var (
	_ reactor.Poller        = (*Poller)(nil)
	_ reactor.NetpollWaiter = (*Poller)(nil)
)

// initialRoom is how many kernel events the buffer of a new Poller takes, 1.5 KB of them. The buffer doubles whenever a
// Wait fills it, so a Poller that watches few busy descriptors never pays for reactor.MaxEvents.
const initialRoom = 128

// New returns a Poller. Until its Close it holds two descriptors, or three (see WaitInNetpoll), all close-on-exec.
func New() (*Poller, error) {
	p := &Poller{epfd: -1, notifd: -1, buf: make([]unix.EpollEvent, initialRoom)}
	if err := p.create(); err != nil {
		p.release()
		return nil, &reactor.PollError{Op: "new", FD: reactor.NoFD, Err: err}
	}
	p.open.Store(true)
	return p, nil
}

// create makes the descriptors. After an error p has those that it made.
func (p *Poller) create() (err error) {
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

// release closes the descriptors that create made.
func (p *Poller) release() error {
	var errs [3]error
	errs[2] = p.nested.close()
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
	if err := pollerkit.CheckArgs(key, interest, mode); err != nil {
		return &reactor.PollError{Op: op, FD: fd, Err: err}
	}
	ev := unix.EpollEvent{Events: toEpoll(interest, mode)}
	setKey(&ev, key)
	return p.ctl(op, ctl, fd, &ev)
}

func (p *Poller) ctl(op string, ctl int, fd uintptr, ev *unix.EpollEvent) error {
	p.ctlMu.RLock()
	defer p.ctlMu.RUnlock()
	if !p.open.Load() {
		return reactor.ErrClosed
	}
	var err error
	switch {
	case fd <= math.MaxInt32:
		err = unix.EpollCtl(p.epfd, ctl, int(fd), ev)
	case ctl == unix.EPOLL_CTL_ADD: // the kernel would use the lower 32 bits only
		err = unix.EBADF
	default: // Add refuses such a number
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
	return p.report(events, timeout, false)
}

// WaitInNetpoll implements [reactor.NetpollWaiter]. The first call takes one more descriptor.
func (p *Poller) WaitInNetpoll(events []reactor.Event, timeout time.Duration) ([]reactor.Event, error) {
	return p.report(events, timeout, true)
}

func (p *Poller) report(events []reactor.Event, timeout time.Duration, inNetpoll bool) ([]reactor.Event, error) {
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
	var n int
	var err error
	if inNetpoll && timeout != 0 && p.nested.usable(p) {
		n, err = p.waitNested(timeout)
	} else {
		n, err = p.wait(timeout)
	}
	if !p.open.Load() {
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
			p.notify.Take() // a Wait that has got events returns in any case
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
	if !p.open.Swap(false) {
		return reactor.ErrClosed
	}
	// Not by Notify: its flag may have been set by a Notify that finds open cleared and does not write.
	err := p.signal()
	p.waitMu.Lock() // no Wait is in progress
	defer p.waitMu.Unlock()
	p.ctlMu.Lock() // and no other method
	defer p.ctlMu.Unlock()
	if err = errors.Join(err, p.release()); err != nil {
		return &reactor.PollError{Op: "close", FD: reactor.NoFD, Err: err}
	}
	return nil
}
