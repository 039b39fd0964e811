package tcp

import (
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync/atomic"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/internal/hostlog"
	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// A ListenerGroup listens on one address with all workers of a runtime. The task of a connection, its socket and the
// events of the socket are on one worker from the start. [ListenGroup] and [ListenConfig.ListenGroup] return one; a
// zero ListenerGroup is closed.
//
// Where the system spreads connections over sockets that share a port (SO_REUSEPORT of Linux, SO_REUSEPORT_LB of
// FreeBSD), each worker has a listener of its own. On other systems, and with [ListenConfig.HandOver], one worker
// accepts for all, and passes the connections to the workers round-robin.
type ListenerGroup struct {
	rt        *executor.Runtime
	listeners []*Listener // one for each worker, or one
	serving   atomic.Bool // a Serve or ServeWith is under way
}

// ListenGroup listens on a local address, for all workers of rt, with the zero [ListenConfig].
func ListenGroup(rt *executor.Runtime, network, address string) (*ListenerGroup, error) {
	return (&ListenConfig{}).ListenGroup(rt, network, address)
}

// ListenGroup is Listen for all workers of rt. It fails if the address is in use, unless both users have set
// [ListenConfig.ReusePort].
func (lc *ListenConfig) ListenGroup(rt *executor.Runtime, network, address string) (*ListenerGroup, error) {
	if rt == nil {
		panic("tcp: ListenGroup with a nil Runtime")
	}
	config, n := *lc, 1
	if sys.ReusePortSpreads && !lc.HandOver {
		n = rt.Workers()
		if err := config.shareOwn(network, &address); err != nil {
			return nil, err
		}
	}
	g := &ListenerGroup{rt: rt}
	for range n {
		l, err := config.Listen(network, address)
		if err != nil {
			_ = g.Close()
			return nil, err
		}
		g.listeners = append(g.listeners, l)
		config.first = false
		address = l.Addr().String() // with the port that was chosen
	}
	return g, nil
}

// shareOwn prepares lc for the listeners of a group. They share an address with each other, and with other sockets
// only if the user has set ReusePort. So the first listener binds an address that is free. On systems where a socket
// shares its address from the bind on, shareOwn first listens on the address with a listener that does not share, and
// closes it again; it does not notice a socket that takes the address in between and shares it.
func (lc *ListenConfig) shareOwn(network string, address *string) error {
	switch {
	case lc.ReusePort:
		return nil
	case sys.ReusePortLate:
		lc.first = true
	default:
		l, err := lc.Listen(network, *address)
		if err != nil {
			return err
		}
		*address = l.Addr().String()
		if err := l.Close(); err != nil {
			return err
		}
	}
	lc.ReusePort = true
	return nil
}

// Listeners returns the listeners of g: one for each worker, or one for all. They are for code that accepts by itself, such as
// a server of net/http over stdnet.FreeListener of module compat. It accepts from all of them, since the system spreads the
// connections over them, and beside no Serve, which would get some of the connections. Close of g closes them, too.
func (g *ListenerGroup) Listeners() []*Listener { return slices.Clone(g.listeners) }

// errServing is the error of a second Serve beside one that is under way: connections would go to either.
var errServing = errors.New("the ListenerGroup is served already")

// Serve accepts until g is closed or its runtime drains, which closes it, and runs handle with each connection, as a
// task on the connection's worker. When that task has ended, Serve closes the connection, also if the task was
// aborted before it began. While the runtime drains, these tasks go on; a handle that waits for another request does
// so in executor.UntilDrain.
//
// Serve returns nil once g is closed, or at once if the runtime drains already. If an accept fails it returns that
// error, and if co is cancelled, core.ErrCancelled or the error of the group around; then no worker accepts any more,
// but g is still open and can be served again. The tasks of the connections go on. While a Serve or ServeWith is
// under way, another one returns an error at once.
//
// An error that ends Serve, unless it is that of a cancellation, is also written to Options.Logger: a server often
// spawns Serve as a task and joins it at the end, if at all.
func (g *ListenerGroup) Serve(co *coro.Co, handle func(co *coro.Co, conn *Stream)) error {
	if handle == nil {
		panic("tcp: Serve with a nil function")
	}
	return g.ServeWith(co, func(s core.Spawner, conn *Stream) {
		h := joinhandle.Start(s, coro.NewCalling(handle, func(co *coro.Co) (none struct{}, _ error) {
			handle(co, conn)
			return none, co.Cause() // a task that was cut off counts as cancelled
		}))
		h.OnEnd(func() { _ = conn.Close() })
	})
}

// ServeWith is Serve for servers that spawn the tasks themselves, in poll style for example. It calls f with each
// connection, on the connection's worker. f must not wait: it spawns a task through s, the spawner of that worker,
// and passes the connection on: to a body through executor.DoOwning, or to a future that closes it in Drop, since a
// runtime that refuses a task drops it. A panic of f ends ServeWith with a *joinhandle.JoinError if f is called where
// connections are accepted; in a group that hands connections over, it ends the task that brings the connection.
func (g *ListenerGroup) ServeWith(co *coro.Co, f func(s core.Spawner, conn *Stream)) error {
	if f == nil {
		panic("tcp: ServeWith with a nil function")
	}
	if len(g.listeners) == 0 {
		return g.first().failed("accept", net.ErrClosed)
	}
	if !g.serving.CompareAndSwap(false, true) {
		return g.first().failed("accept", errServing)
	}
	defer g.serving.Store(false)
	err := g.serveAll(co, f)
	if h, ok := co.Context().Worker().(hostlog.Host); ok && err != nil && co.Cause() == nil {
		h.Logger().Error("tcp: a ListenerGroup accepts no more", "addr", g.Addr(), "err", err)
	}
	return err
}

// serveAll runs one accepting task for each listener, and waits for their end. After an error it aborts the others.
func (g *ListenerGroup) serveAll(co *coro.Co, f func(s core.Spawner, conn *Stream)) error {
	loops := joinhandle.NewJoinSet[struct{}](&roundRobin{rt: g.rt})
	for i := range g.listeners {
		loops.Do(func(co *coro.Co) error { return g.serve(co, i, f) })
	}
	for {
		ended, err := loops.Join(co)
		if err == joinhandle.ErrEmpty {
			return nil
		}
		if err == nil {
			err = ended.Err
			if errors.Is(err, core.ErrShutdown) { // the runtime refused the task: it drains, so no task accepts
				g.closeDrained()
				continue
			}
		}
		if err != nil {
			loops.AbortAll()
			drain(co, loops)
			return err
		}
	}
}

// closeDrained closes the listeners for the drain: the owner's Close still is the first one.
func (g *ListenerGroup) closeDrained() {
	for _, l := range g.listeners {
		l.fd.CloseDrained()
	}
}

// drain waits for the end of tasks that have been aborted, whatever has cancelled co.
func drain(co *coro.Co, tasks *joinhandle.JoinSet[struct{}]) {
	_ = coro.Shield(co, func(co *coro.Co) error {
		for {
			if _, err := tasks.Join(co); err != nil { // there is none left
				return nil
			}
		}
	})
}

// roundRobin spawns on one worker after the other, from the first on.
type roundRobin struct {
	rt   *executor.Runtime
	next int
}

func (s *roundRobin) Spawn(r core.Task) error {
	on := s.rt.On(s.next)
	s.next++
	return on.Spawn(r)
}

// serve is the loop of listener i.
func (g *ListenerGroup) serve(co *coro.Co, i int, f func(core.Spawner, *Stream)) error {
	l, worker := g.listeners[i], i
	for {
		c, err := l.fd.Accept(co)
		switch {
		case errors.Is(err, net.ErrClosed):
			return nil
		case err != nil:
			return l.failed("accept", err)
		}
		a := &arrival{l: l, s: newStream(c.FD, c.From), f: f}
		if len(g.listeners) == g.rt.Workers() {
			a.arrive(co.Context(), co)
			continue
		}
		executor.Spawn[struct{}](executor.On(co, worker), a) // succeeds also if the drain began after the accept
		worker = (worker + 1) % g.rt.Workers()
	}
}

// An arrival is a connection on its way to its worker. If the runtime ends first, Drop closes it.
type arrival struct {
	l *Listener
	s *Stream
	f func(core.Spawner, *Stream)
}

// Poll implements core.Future.
func (a *arrival) Poll(cx *core.Context) (struct{}, bool) {
	a.arrive(cx, cx)
	return struct{}{}, true
}

// arrive makes the connection ready on its worker, and calls f. It closes a connection that cannot be made ready, so
// that its peer learns of it; the group goes on accepting. It also closes a connection whose f panics.
func (a *arrival) arrive(cx *core.Context, s core.Spawner) {
	if again, err := a.l.begin(cx, a.s); again || err != nil {
		return
	}
	given := false
	defer func() {
		if !given {
			_ = a.s.Close()
		}
	}()
	a.f(s, a.s)
	given = true
}

// Drop implements core.Dropper.
func (a *arrival) Drop() { _ = a.s.Close() }

// Close stops listening, as that of Listener; Serve returns nil. A second Close returns net.ErrClosed.
func (g *ListenerGroup) Close() error {
	if len(g.listeners) == 0 {
		return g.first().Close()
	}
	var first error
	for _, l := range g.listeners {
		if err := l.Close(); first == nil {
			first = err
		}
	}
	return first
}

// Addr returns the address that g listens on, a *net.TCPAddr. If ListenGroup was given port 0, it has the port that
// the system chose.
func (g *ListenerGroup) Addr() net.Addr { return g.first().Addr() }

// AddrPort is Addr as a value.
func (g *ListenerGroup) AddrPort() netip.AddrPort { return g.first().AddrPort() }

// first returns the first listener, or a zero Listener, which is closed, if g is zero.
func (g *ListenerGroup) first() *Listener {
	if len(g.listeners) == 0 {
		return &Listener{}
	}
	return g.listeners[0]
}
