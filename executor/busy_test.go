package executor_test

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
	"github.com/moduvex/moduvex-go/joinhandle"
	"github.com/moduvex/moduvex-go/reactor"
	"github.com/moduvex/moduvex-go/reactor/reactortest"
)

// A seat is where a test spawns: on a certain worker, or on any. There is a fake poller for each.
type seat struct {
	core.Spawner
	rt    *executor.Runtime
	fakes []*reactortest.Fake
}

// seats makes a runtime with as many workers as the mode has, and returns a seat on each worker and one
// on any of them.
func seats(t *testing.T) (rt *executor.Runtime, all []seat) {
	t.Helper()
	fakes, poller := fakePollers()
	rt = startRuntime(t, executor.Options{Workers: modetest.Options(executor.Options{}).Workers, Poller: poller, LongPollThreshold: -1})
	for i := range rt.Workers() {
		all = append(all, seat{rt.On(i), rt, *fakes})
	}
	return rt, append(all, seat{rt, rt, *fakes})
}

// fakePollers makes a fake for each worker, in their order.
func fakePollers() (*[]*reactortest.Fake, func() (reactor.Poller, error)) {
	fakes := new([]*reactortest.Fake)
	return fakes, func() (reactor.Poller, error) {
		f := reactortest.NewFake()
		*fakes = append(*fakes, f)
		return f, nil
	}
}

// forever has the ways in which tasks can keep a worker busy until they are aborted.
var forever = map[string]func(s seat) []joinhandle.AbortHandle{
	"yields in poll style": func(s seat) []joinhandle.AbortHandle {
		return three(func() joinhandle.AbortHandle {
			return executor.Spawn(s, future.Func(func(cx *core.Context) (int, bool) {
				cx.Yield()
				return 0, false
			})).AbortHandle()
		})
	},
	"yields in direct style": func(s seat) []joinhandle.AbortHandle {
		return three(func() joinhandle.AbortHandle {
			return executor.Go(s, func(co *coro.Co) (int, error) {
				for {
					if err := co.Yield(); err != nil {
						return 0, err
					}
				}
			}).AbortHandle()
		})
	},
	"operations that are always ready": func(s seat) []joinhandle.AbortHandle {
		return three(func() joinhandle.AbortHandle {
			return executor.Spawn(s, future.Func(func(cx *core.Context) (int, bool) {
				for cx.Spend() {
				}
				return 0, false
			})).AbortHandle()
		})
	},
	"sockets that are always ready": func(s seat) []joinhandle.AbortHandle {
		return []joinhandle.AbortHandle{executor.Spawn[int](s, &feedback{fakes: s.fakes}).AbortHandle()}
	},
	"sleeps of no length": func(s seat) []joinhandle.AbortHandle {
		return []joinhandle.AbortHandle{executor.Go(s, func(co *coro.Co) (int, error) {
			for {
				if err := coro.Sleep(co, 0); err != nil {
					return 0, err
				}
			}
		}).AbortHandle()}
	},
	"wakes by another goroutine": func(s seat) []joinhandle.AbortHandle {
		g := &gate{}
		h := executor.Spawn[int](s, g)
		go func() {
			for !h.Finished() {
				g.Wake()
				runtime.Gosched()
			}
		}()
		return []joinhandle.AbortHandle{h.AbortHandle()}
	},
	"spawns that never end": func(s seat) []joinhandle.AbortHandle {
		var link func(stop *atomic.Bool) core.Future[int]
		link = func(stop *atomic.Bool) core.Future[int] {
			return future.Func(func(cx *core.Context) (int, bool) {
				if !stop.Load() {
					executor.Spawn(cx, link(stop))
				}
				return 0, true
			})
		}
		stop := new(atomic.Bool)
		executor.Spawn(s, link(stop))
		g := &gate{inDrop: func() { stop.Store(true) }}
		return []joinhandle.AbortHandle{executor.Spawn[int](s, g).AbortHandle()}
	},
	"spawns from outside that never end": func(s seat) []joinhandle.AbortHandle {
		g := &gate{}
		h := executor.Spawn[int](s, g)
		go func() {
			for !h.Finished() {
				executor.Spawn(s, future.Ready(0))
				for s.rt.Stats().Live > 1000 && !h.Finished() {
					runtime.Gosched()
				}
			}
		}()
		return []joinhandle.AbortHandle{h.AbortHandle()}
	},
	"spawns that panic": func(s seat) []joinhandle.AbortHandle { return failing(s, explode) },
	"spawns that exit":  func(s seat) []joinhandle.AbortHandle { return failing(s, runtime.Goexit) },
	"two tasks that wake each other": func(s seat) []joinhandle.AbortHandle {
		a, b := &rally{}, &rally{}
		a.peer, b.peer = b, a
		return []joinhandle.AbortHandle{
			executor.Spawn[int](s, a).AbortHandle(),
			executor.Spawn[int](s, b).AbortHandle(),
		}
	},
}

// failing starts a task that spawns its successor and then fails, in the middle of its worker's round.
//
// Regression: the worker began a new round after each such poll, and never finished one.
func failing(s seat, fail func()) []joinhandle.AbortHandle {
	stop := new(atomic.Bool)
	var link func() core.Future[int]
	link = func() core.Future[int] {
		return future.Func(func(cx *core.Context) (int, bool) {
			if !stop.Load() {
				executor.Spawn(cx, link())
			}
			fail()
			return 0, false
		})
	}
	executor.Spawn(s, link())
	return []joinhandle.AbortHandle{executor.Spawn[int](s, &gate{inDrop: func() { stop.Store(true) }}).AbortHandle()}
}

func three[T any](f func() T) []T { return []T{f(), f(), f()} }

// A feedback reads what it writes, on a pair of sockets of its worker's poller.
type feedback struct {
	fakes []*reactortest.Fake
	a, b  reactortest.Stream
	reg   *reactor.Registration
	waker core.Waker
}

func (f *feedback) Poll(cx *core.Context) (int, bool) {
	buf := []byte{1}
	if f.reg == nil {
		id, _ := executor.WorkerID(cx)
		f.a, f.b = f.fakes[id].Pair()
		reg, err := cx.Host().IO().(*reactor.Reactor).Register(f.a.FD(), reactor.Readable)
		if err != nil {
			panic(err)
		}
		f.reg, f.waker = reg, cx.Waker()
		f.b.Write(buf)
	}
	for cx.Budget() > 8 { // the fake is slow: a few operations of it a poll keep the worker as busy
		cx.Spend()
	}
	for cx.Spend() {
		ev, ok := f.reg.PollReady(f.waker, reactor.Read)
		if !ok {
			cx.Refund()
			return 0, false
		}
		if _, err := f.a.Read(buf); err == reactortest.ErrWouldBlock {
			f.reg.ClearReady(ev, reactor.Read)
			continue
		}
		f.b.Write(buf)
	}
	return 0, false
}

func (f *feedback) Drop() {
	if f.reg != nil {
		f.reg.Unwait(f.waker, reactor.Read)
		f.reg.Deregister()
		f.a.Close()
		f.b.Close()
	}
}

// A rally is one of two tasks that wake each other for ever.
type rally struct {
	peer  *rally
	mu    sync.Mutex
	waker core.Waker
	polls int
}

func (r *rally) Poll(cx *core.Context) (int, bool) {
	r.polls++
	r.mu.Lock()
	r.waker = cx.Waker()
	r.mu.Unlock()
	r.peer.mu.Lock()
	w := r.peer.waker
	r.peer.mu.Unlock()
	if w != nil {
		cx.Wake(w)
	}
	return 0, false
}

// A local is a reader that takes its pair from the poller of the worker that it is on.
type local struct {
	reader
	fakes []*reactortest.Fake
	peers chan reactortest.Stream // gets the other end
}

func (l *local) Poll(cx *core.Context) (int, bool) {
	if l.stream == nil {
		id, _ := executor.WorkerID(cx)
		a, b := l.fakes[id].Pair()
		l.stream = a
		l.peers <- b
	}
	return l.reader.Poll(cx)
}
