package netfd

import (
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor/internal/drain"
	"github.com/moduvex/moduvex-go/executor/internal/hostlog"
	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
	"github.com/moduvex/moduvex-go/reactor"
)

// An Acceptor is an FD that listens. It passes over connections whose peers gave them up before the accept, and
// pauses while the process is out of descriptors or the system out of memory; the connections stay in the backlog.
//
// Unlike that of other sockets, Close of an Acceptor waits for the operations under way, so that the address is free
// when it returns. Each operation holds using for as long as it holds a reference. Close marks the socket closed and
// then takes using, so a later operation finds the mark. Operations wait for the system only, so Close waits for
// microseconds. (A shutdown of the socket would free the address, too, but for all processes that share it.)
type Acceptor struct {
	FD
	using   sync.RWMutex
	backoff backoff

	listener Listener
	drain    drain.Hook
	drained  atomic.Uint32 // undrained → drained, by CloseDrained → reported, by the next Close that finds a closed
}

const (
	undrained uint32 = iota
	drained
	reported
)

// A Listener is the owner of an Acceptor.
type Listener interface {
	Close() error
	Addr() net.Addr
}

// Init makes a the owner of fd, for l.
func (a *Acceptor) Init(fd int, l Listener) {
	a.sysfd = int32(fd)
	a.word.Store(open | made | wakeSingly | 1)
	a.backoff.init(&a.FD)
	a.listener = l
	a.drain.Waker = core.WakerFunc(a.CloseDrained)
}

// CloseDrained closes the listener because the runtime of a task that accepts drains: from then on the port refuses
// connections. The owner's Close still returns nil.
func (a *Acceptor) CloseDrained() {
	if a.drained.CompareAndSwap(undrained, drained) { // several tasks may notice the drain at the same time
		_ = a.listener.Close() // returns net.ErrClosed if the owner has closed it already
	}
}

// An Accepted is a connection that an Acceptor returns. From is the zero Endpoint if the system names no peer.
type Accepted struct {
	FD   int
	From sys.Endpoint
}

// Accept returns the next connection, and waits if there is none. The caller closes the descriptor.
func (a *Acceptor) Accept(co *coro.Co) (Accepted, error) { return Wait(co, a, reactor.Read, a.accept) }

// PollAccept is Accept in poll style.
func (a *Acceptor) PollAccept(cx *core.Context) (c Accepted, ready bool, err error) {
	return Poll(cx, a, a.accept)
}

// AcceptAs is Accept for a listener of connections of type C. open makes one, and admits it; where [Acceptor.Admit]
// has taken it back, AcceptAs goes on. An error of open means that open has closed it.
func AcceptAs[C any](co *coro.Co, a *Acceptor, open func(cx *core.Context, c Accepted) (conn C, again bool, err error)) (none C, err error) {
	for {
		c, err := a.Accept(co)
		if err != nil {
			return none, err
		}
		switch conn, again, err := open(co.Context(), c); {
		case err != nil:
			return none, err
		case !again:
			return conn, nil
		}
	}
}

// PollAcceptAs is AcceptAs in poll style.
func PollAcceptAs[C any](cx *core.Context, a *Acceptor, open func(cx *core.Context, c Accepted) (conn C, again bool, err error)) (none C, ready bool, err error) {
	for {
		c, ready, err := a.PollAccept(cx)
		if !ready || err != nil {
			return none, ready, err
		}
		switch conn, again, err := open(cx, c); {
		case err != nil:
			return none, true, err
		case !again:
			return conn, true, nil
		}
	}
}

func (a *Acceptor) accept(cx *core.Context) (c Accepted, p Progress, err error) {
	if !a.Closed() && a.drain.Watch(cx.Worker()) {
		a.CloseDrained()
	}
	c, p, err = a.acceptOnce(cx)
	a.logShortage(cx)
	if p == Done {
		a.dropWaiter(cx)
		a.passOn()
	}
	if a.Closed() {
		a.drain.Stop() // a close may have come between the load of Closed and the Watch
	}
	return c, p, err
}

// passOn wakes another one of the waiters that accept, if there may be more to accept.
//
// An event of the reactor wakes one waiter, and so does the end of a pause. The waiter then
//
//  1. accepts until that would block, which clears the readiness and ends a backoff; or
//  2. begins another pause, and sets the alarm; or
//  3. ends with a connection or an error; or
//  4. leaves without a result, because it is cancelled for example.
//
// In cases 3 and 4 it calls passOn. So as long as there is a waiter, and something to accept or a pause, a waiter is
// woken and has not tried yet, or the alarm is set.
func (a *Acceptor) passOn() {
	reg := a.reg.Load()
	if reg == nil {
		return // there is no waiter
	}
	if _, ok := reg.Ready(reactor.Read); ok || a.backoff.active.Load() {
		a.wakeOne(reactor.Read)
	}
}

// dropWaiter takes the waker of cx out of the waiters, since its accept is over. It is still among them if the task
// was polled although another one was woken; an event that wakes one waiter would be lost on it. If the same task has
// a second accept, that one has the same waker; so the waker is woken, and the second accept tries again.
func (a *Acceptor) dropWaiter(cx *core.Context) {
	if reg := a.reg.Load(); reg != nil && reg.Unwait(cx.Waker(), reactor.Read) {
		cx.Waker().Wake()
	}
}

// Unwait is that of FD. If w was woken already, Unwait wakes another waiter in its place.
func (a *Acceptor) Unwait(w core.Waker, d reactor.Direction) {
	a.FD.Unwait(w, d)
	a.passOn()
}

func (a *Acceptor) acceptOnce(cx *core.Context) (c Accepted, p Progress, err error) {
	const d = reactor.Read
	a.using.RLock()
	defer a.using.RUnlock()
	if err := a.Begin(cx, d); err != nil {
		return c, Done, err
	}
	if cx.Spend() {
		if c, p, err = a.acceptReady(cx); p != Done {
			cx.Refund()
		}
	}
	a.End(cx, d, p)
	return c, p, err
}

func (a *Acceptor) acceptReady(cx *core.Context) (none Accepted, _ Progress, _ error) {
	const d = reactor.Read
	var last Event
	tried := false
	for {
		ev, ok, err := a.Ready(cx, d, last)
		if err != nil {
			return none, Done, err
		}
		state, round := a.backoff.advance(cx.Host())
		switch {
		case state == paused && !ok:
			a.backoff.wait(cx.Host())
			return none, Pending, nil
		case state == paused:
			if !ev.Blocked(d) {
				return none, Unregistered, nil
			}
			last = ev
			continue
		case state == idle && !ok, tried && !cx.Spend():
			return none, Pending, nil
		}
		if c, ok := a.backoff.takeKept(state); ok {
			return c, Done, nil
		}
		tried = true
		fd, from, errno := sys.Accept(a.Sysfd())
		switch {
		case errno == 0:
			if state != idle {
				a.backoff.accepted()
			}
			return Accepted{fd, from}, Done, nil
		case errno == sys.EAGAIN:
			if state == draining {
				a.backoff.drained(round)
			}
			if ok && !ev.Blocked(d) {
				return none, Unregistered, nil
			}
			last = ev
		case sys.AcceptAgain(errno):
		case sys.Exhausted(errno):
			a.backoff.exhausted(cx.Host(), os.NewSyscallError("accept", errno))
		default:
			return none, Done, a.callError(d, "accept", errno)
		}
	}
}

// logShortage writes to the log of the runtime that a shortage has begun, once for each. The caller holds no lock.
func (a *Acceptor) logShortage(cx *core.Context) {
	err := a.backoff.takeUnlogged()
	if err == nil {
		return
	}
	if h, ok := cx.Worker().(hostlog.Host); ok {
		h.Logger().Warn("net: a listener pauses for want of descriptors or memory", "addr", a.listener.Addr(), "err", err)
	}
}

// Admit registers f, a connection that a has accepted, with the worker of cx. If the system has no memory for that at
// the moment, Admit takes the connection back and returns true: a later Accept returns it again, after a pause. On an
// error it has closed f.
func (a *Acceptor) Admit(cx *core.Context, f *FD, from sys.Endpoint) (again bool, err error) {
	err = f.Register(cx)
	if err == nil {
		return false, nil
	}
	if !sys.NoRoom(err) || !a.takeBack(cx, Accepted{f.Sysfd(), from}, err) {
		_ = f.Close()
		return false, err
	}
	a.logShortage(cx)
	return true, nil
}

// takeBack keeps a connection, begins a pause because of err, and returns true, unless a is closed.
func (a *Acceptor) takeBack(cx *core.Context, c Accepted, err error) bool {
	a.using.RLock()
	defer a.using.RUnlock()
	if a.Acquire() != nil {
		return false
	}
	defer a.Release()
	a.backoff.keep(c)
	a.backoff.exhausted(cx.Host(), err)
	a.wakeOne(reactor.Read) // which sets the alarm
	return true
}

// Attach binds a to the runtime of cx before the first accept: a is registered with its reactor, and closes when it drains. If
// it drains already, Attach closes a and returns an error that is core.ErrShutdown.
func (a *Acceptor) Attach(cx *core.Context) error {
	if err := a.Register(cx); err != nil {
		return err
	}
	draining := a.drain.Watch(cx.Worker())
	if draining {
		a.CloseDrained()
	}
	if a.Closed() {
		a.drain.Stop() // as in accept
	}
	if draining {
		return shutdownError{}
	}
	return nil
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
	goesOn := false
	defer func() {
		if !goesOn { // also if the body is unwound
			a.passOn()
		}
	}()
	err := a.suspend(co, d)
	goesOn = err == nil
	return err
}

// SetDeadline is that of FD.
func (a *Acceptor) SetDeadline(d reactor.Direction, at time.Time) error {
	a.using.RLock()
	defer a.using.RUnlock()
	return a.FD.SetDeadline(d, at)
}

// Close is that of FD, but the descriptor is closed when it returns, unless a function that was passed to a RawConn
// uses it.
func (a *Acceptor) Close() error {
	if err := a.FD.Close(); err != nil {
		if a.drained.CompareAndSwap(drained, reported) {
			return nil // the caller does not know of the first one
		}
		return err
	}
	a.drain.Stop()
	a.using.Lock() // waits for the operations under way
	kept := a.backoff.forget()
	a.using.Unlock()
	for _, c := range kept {
		_ = sys.Close(c.FD)
	}
	return nil
}

// Backoff names the state of a's pauses, for dumps and tests: idle, paused or draining.
func (a *Acceptor) Backoff() string {
	a.backoff.mu.Lock()
	defer a.backoff.mu.Unlock()
	return [...]string{"idle", "paused", "draining"}[a.backoff.state]
}
