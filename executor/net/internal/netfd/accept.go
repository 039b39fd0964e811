package netfd

import (
	"sync"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
	"github.com/moduvex/moduvex-go/reactor"
)

// An Acceptor is an FD that listens. It passes over connections that were given up before they were
// accepted, and pauses while the process is out of descriptors or the system out of memory; the
// connections stay in the backlog.
//
// Unlike that of other sockets, Close of an Acceptor waits for the operations that are under way, so that the
// address is free when it returns. Each of them holds using for as long as it holds a reference, and Close takes
// it once it has marked the socket closed: what comes later finds the mark. None of them waits for anything but
// the system, so Close waits for microseconds. (Shutting the socket down would free the address, too, but for
// all processes that share it.)
type Acceptor struct {
	FD
	using   sync.RWMutex
	backoff backoff
}

// Init makes a the owner of fd.
func (a *Acceptor) Init(fd int) {
	a.FD.Init(fd)
	a.backoff.init(&a.FD)
}

// Accept returns the next connection, which is the caller's to close, and waits if there is none.
// from is the zero Endpoint if it has none.
func (a *Acceptor) Accept(co *coro.Co) (fd int, from sys.Endpoint, err error) {
	if err := co.Interrupted(); err != nil {
		return -1, from, err
	}
	for {
		fd, from, p, err := a.accept(co.Context())
		if p == Done {
			return fd, from, err
		}
		if err := a.Await(co, reactor.Read, p); err != nil {
			return -1, from, err
		}
	}
}

// PollAccept is Accept in poll style.
func (a *Acceptor) PollAccept(cx *core.Context) (fd int, from sys.Endpoint, ready bool, err error) {
	for {
		fd, from, p, err := a.accept(cx)
		if p != Unregistered {
			return fd, from, p == Done, err
		}
		if err := a.Register(cx); err != nil {
			return -1, from, true, err
		}
	}
}

func (a *Acceptor) accept(cx *core.Context) (fd int, from sys.Endpoint, p Progress, err error) {
	const d = reactor.Read
	a.using.RLock()
	defer a.using.RUnlock()
	if err := a.Begin(cx, d); err != nil {
		return -1, from, Done, err
	}
	fd = -1
	if cx.Spend() {
		if fd, from, p, err = a.acceptReady(cx); p != Done {
			cx.Refund()
		}
	}
	a.End(cx, d, p)
	return fd, from, p, err
}

func (a *Acceptor) acceptReady(cx *core.Context) (int, sys.Endpoint, Progress, error) {
	const d = reactor.Read
	var none sys.Endpoint
	var last Event
	tried := false
	for {
		ev, ok, err := a.Ready(cx, d, last)
		if err != nil {
			return -1, none, Done, err
		}
		state, round := a.backoff.look(cx.Host())
		switch {
		case state == paused && !ok:
			a.backoff.wait(cx.Host())
			return -1, none, Pending, nil
		case state == paused:
			if !ev.Blocked(d) {
				return -1, none, Unregistered, nil
			}
			last = ev
			continue
		case state == idle && !ok, tried && !cx.Spend():
			return -1, none, Pending, nil
		}
		tried = true
		fd, from, errno := sys.Accept(a.Sysfd())
		switch {
		case errno == 0:
			if state != idle {
				a.backoff.accepted()
			}
			return fd, from, Done, nil
		case errno == sys.EAGAIN:
			if state == draining {
				a.backoff.drained(round)
			}
			if ok && !ev.Blocked(d) {
				return -1, none, Unregistered, nil
			}
			last = ev
		case sys.AcceptAgain(errno):
		case sys.Exhausted(errno):
			a.backoff.exhausted(cx.Host())
		default:
			return -1, none, Done, a.callError(d, "accept", errno)
		}
	}
}

// Register is that of FD.
func (a *Acceptor) Register(cx *core.Context) error {
	a.using.RLock()
	defer a.using.RUnlock()
	return a.FD.Register(cx)
}

// Await is that of FD.
func (a *Acceptor) Await(co *coro.Co, d reactor.Direction, p Progress) error {
	if p == Unregistered {
		return a.Register(co.Context())
	}
	return a.suspend(co, d)
}

// SetDeadline is that of FD.
func (a *Acceptor) SetDeadline(d reactor.Direction, at time.Time) error {
	a.using.RLock()
	defer a.using.RUnlock()
	return a.FD.SetDeadline(d, at)
}

// Close is that of FD, but the descriptor is closed when it returns, unless a function that was given to a RawConn
// is using it.
func (a *Acceptor) Close() error {
	if err := a.FD.Close(); err != nil {
		return err
	}
	a.using.Lock()
	a.backoff.alarm.Forget()
	a.using.Unlock()
	return nil
}

// Backoff names the state of a's pauses, for dumps and tests: idle, paused or draining.
func (a *Acceptor) Backoff() string {
	a.backoff.mu.Lock()
	defer a.backoff.mu.Unlock()
	return [...]string{"idle", "paused", "draining"}[a.backoff.state]
}
