package executor_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/timer"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/joinhandle"
)

var (
	fireRounds = flag.Int("fire.rounds", 0, "how often a runtime is shut down under fire in each mode; 0 means a few")
	fireTasks  = flag.Int("fire.tasks", 10_000, "how many tasks there are then")
)

// A ledger is a future of which it is known how it ended.
type ledger struct {
	core.Future[int]
	mine                        bool // the task has it from the start: no other can lose it
	polled                      bool
	begun, completed, droppings atomic.Int32
}

func (l *ledger) Poll(cx *core.Context) (int, bool) {
	if !l.polled {
		l.polled = true
		l.begun.Add(1)
	}
	v, ok := l.Future.Poll(cx)
	if ok {
		l.completed.Add(1)
	}
	return v, ok
}

func (l *ledger) Drop() {
	l.droppings.Add(1)
	core.Drop(l.Future)
}

// check says what is wrong with how the future ended: once, if it was ever polled or given to a task.
func (l *ledger) check() error {
	begun, ends := l.begun.Load(), l.completed.Load()+l.droppings.Load()
	if ends > 1 || ends == 0 && (l.mine || begun != 0) {
		return fmt.Errorf("a %T was begun %d times, completed %d times and was dropped %d times",
			l.Future, begun, l.completed.Load(), l.droppings.Load())
	}
	return nil
}

// A wire is a reader that owns its socket.
type wire struct {
	reader
	end *socket
}

func (w *wire) Drop() {
	w.reader.Drop()
	w.end.Close()
}

// fire is a runtime with tasks in every state.
type fire struct {
	t  *testing.T
	rt *executor.Runtime

	mu      sync.Mutex
	ledgers []*ledger
	handles []joinhandle.JoinHandle[int]

	gates   []*gate
	sockets []*socket
	over    chan struct{} // closed when the end has begun
}

// spawn makes f a task of s, in one of the styles.
func (r *fire) spawn(s core.Spawner, direct bool, f core.Future[int]) joinhandle.JoinHandle[int] {
	l := &ledger{Future: f, mine: !direct}
	var h joinhandle.JoinHandle[int]
	if direct {
		h = executor.Go(s, func(co *coro.Co) (int, error) { return coro.Await[int](co, l) })
	} else {
		h = executor.Spawn[int](s, l)
	}
	return r.note(h, l)
}

// note keeps what belongs to a task for the checks.
func (r *fire) note(h joinhandle.JoinHandle[int], ledgers ...*ledger) joinhandle.JoinHandle[int] {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.handles = append(r.handles, h)
	r.ledgers = append(r.ledgers, ledgers...)
	return h
}

func (r *fire) gate() *gate {
	g := &gate{}
	r.gates = append(r.gates, g)
	return g
}

// The states, two or more tasks each. i tells the tasks of one state apart.
var fireStates = []func(r *fire, i int){
	func(r *fire, i int) { // idle on a timer, or a timer that is about to fire
		d := time.Hour
		if i%4 >= 2 {
			d = time.Duration(i%5000) * time.Microsecond
		}
		r.spawn(r.rt, i%2 == 0, future.Map(timer.Sleep(d), func(struct{}) int { return 0 }))
	},
	func(r *fire, i int) { // idle on a timer of its coroutine, in a scope with a deadline
		r.note(executor.Go(r.rt, func(co *coro.Co) (int, error) {
			return 0, coro.WithTimeout(co, time.Hour, func(co *coro.Co) error { return coro.Sleep(co, 2*time.Hour) })
		}))
	},
	func(r *fire, i int) { // idle on a socket
		a, b, err := newSocketPair()
		if err != nil {
			r.t.Error(err)
			return
		}
		r.sockets = append(r.sockets, a, b)
		r.spawn(r.rt, i%2 == 0, &wire{reader: reader{stream: a}, end: a})
	},
	func(r *fire, i int) { // scheduled
		r.spawn(r.rt, i%2 == 0, future.Func(func(cx *core.Context) (int, bool) { cx.Yield(); return 0, false }))
	},
	func(r *fire, i int) { // idle, and woken by others
		r.spawn(r.rt, i%2 == 0, r.gate())
	},
	func(r *fire, i int) { // in the blocking pool, or in its queue
		if i%4 == 0 {
			r.note(executor.SpawnBlocking(r.rt, func() (int, error) { <-r.over; return 0, nil }))
			return
		}
		r.spawn(r.rt, i%2 == 0, r.gate())
	},
	func(r *fire, i int) { // aborted in whatever state it is in
		g := &gate{}
		h := r.spawn(r.rt, i%2 == 0, g)
		if i%4 >= 2 {
			h.Abort()
		}
	},
	func(r *fire, i int) { // panicking: in the first poll, when it is woken, when it is dropped; or exiting
		g := r.gate()
		switch i % 8 {
		case 0, 1:
			r.spawn(r.rt, i%2 == 0, onFirstPoll(explode))
		case 2, 3:
			r.spawn(r.rt, i%2 == 0, future.Func(func(cx *core.Context) (int, bool) {
				if _, open := g.Poll(cx); open {
					explode()
				}
				return 0, false
			}))
		case 4:
			r.spawn(r.rt, false, &gate{inDrop: explode})
		case 5:
			r.note(executor.Go(r.rt, func(co *coro.Co) (int, error) {
				defer explode()
				return 0, coro.Sleep(co, time.Hour)
			}))
		case 6:
			r.spawn(r.rt, i%16 == 6, onFirstPoll(runtime.Goexit))
		case 7:
			r.spawn(r.rt, false, &gate{inDrop: runtime.Goexit})
		}
	},
	func(r *fire, i int) { // in a clean-up that is shielded, and in its middle when the end comes
		inside, last := &ledger{Future: &gate{}}, &ledger{Future: &gate{}}
		if i%2 == 0 {
			last.Future = future.Map(timer.Sleep(time.Millisecond), func(struct{}) int { return 0 })
		}
		h := executor.Go(r.rt, func(co *coro.Co) (int, error) {
			defer coro.Shield(co, func(co *coro.Co) error {
				_, err := coro.Await[int](co, last)
				return err
			})
			return coro.Await[int](co, inside)
		})
		r.note(h, inside, last)
		if i%4 < 2 {
			h.Abort()
		}
	},
	func(r *fire, i int) { // joined by others, in both styles
		h := r.spawn(r.rt, i%2 == 0, r.gate())
		if i%4 < 2 {
			r.note(executor.Go(r.rt, func(co *coro.Co) (int, error) { return h.Join(co) }))
			return
		}
		r.spawn(r.rt, false, future.Map(h, func(core.Result[int]) int { return 0 }))
	},
	func(r *fire, i int) { // spawning: in a poll, and in Drop
		g := r.gate()
		g.inDrop = func() { r.spawn(r.rt, i%2 == 0, future.Ready(0)) }
		first := true
		r.spawn(r.rt, false, future.Func(func(cx *core.Context) (int, bool) {
			if first {
				first = false
				r.spawn(cx, i%2 == 0, g)
			}
			return 0, false
		}))
	},
}

// fill makes the tasks.
func (r *fire) fill(n int) {
	spawned := func() int {
		r.mu.Lock()
		defer r.mu.Unlock()
		return len(r.handles)
	}
	for i := 0; spawned() < n; i++ {
		fireStates[i%len(fireStates)](r, i/len(fireStates))
	}
}

// occupy has every worker in the middle of a poll when the end comes.
func (r *fire) occupy() {
	for i := range r.rt.Workers() {
		r.spawn(r.rt.On(i), false, future.Func(func(*core.Context) (int, bool) {
			<-r.over
			return 0, i%2 == 0
		}))
	}
}

// harass does to the tasks all that others can do, until the runtime is closed.
func (r *fire) harass(wg *sync.WaitGroup) {
	r.mu.Lock()
	handles := r.handles[:len(r.handles):len(r.handles)]
	r.mu.Unlock()
	for _, f := range []func(i int){
		func(i int) { r.gates[i%len(r.gates)].Wake() },
		func(i int) {
			if i%3 == 0 {
				r.gates[i%len(r.gates)].Open()
			}
		},
		func(i int) { handles[i*7%len(handles)].Abort() },
		func(i int) { r.sockets[i*2%len(r.sockets)|1].Write([]byte{1}) },
		func(i int) { r.rt.Metrics() },
		func(i int) { r.rt.Tasks() },
	} {
		wg.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-r.rt.Done():
					return
				default:
				}
				f(i)
				if i%16 == 0 {
					runtime.Gosched()
				}
			}
		})
	}
	wg.Go(func() { // spawns until they are refused
		for i := 0; !executor.Closing(r.rt) && i < 1000; i++ {
			left := i % 3
			r.spawn(r.rt, i%2 == 0, future.Func(func(cx *core.Context) (int, bool) {
				left--
				cx.Yield()
				return 0, left < 0
			}))
		}
	})
}

// check looks at what is left.
func (r *fire) check() {
	for i, h := range r.handles {
		if _, ok := h.TryJoin(); !ok {
			r.t.Fatalf("join %d is not resolved", i)
		}
	}
	for _, l := range r.ledgers {
		if err := l.check(); err != nil {
			r.t.Fatal(err)
		}
	}
	if s := r.rt.Stats(); s.Live != 0 || s.Registrations != 0 || s.Spawned != s.Completed+s.Cancelled || s.BlockingThreads != 0 {
		r.t.Fatalf("the statistics after the end are %+v", s)
	}
	for _, s := range r.sockets {
		s.Close()
	}
}

// The ways to end a runtime.
var fireEnds = []struct {
	name string
	end  func(r *fire) error
	want error
}{
	{"Shutdown without time", func(r *fire) error { return r.rt.Shutdown(ended(errEnough)) }, errEnough},
	{"Close", func(r *fire) error { return r.rt.Close() }, nil},
	{"Shutdown with little time", func(r *fire) error {
		ctx, cancel := context.WithTimeoutCause(context.Background(), 3*time.Millisecond, errEnough)
		defer cancel()
		return r.rt.Shutdown(ctx)
	}, errEnough},
}

// round fills a runtime, ends it in the i-th way, and looks at what is left.
func (r *fire) round(i int) {
	r.over = make(chan struct{})
	r.rt = makeRuntime(r.t, executor.Options{
		CleanupGrace:    2 * time.Millisecond,
		BlockingThreads: 8,
		OnLongPoll:      func(executor.LongPoll) {},
		Instrument:      i%5 == 4,
	})
	r.fill(*fireTasks)
	if i%2 == 0 { // every task has had a poll; otherwise many are still on their way
		for _, h := range executor.GoEach(r.rt, func(*coro.Co, int) (int, error) { return 0, nil }) {
			joinOK(r.t, h)
		}
	}
	r.occupy()
	var wg sync.WaitGroup
	wg.Go(func() {
		for !executor.Closing(r.rt) {
			runtime.Gosched()
		}
		close(r.over)
	})
	r.harass(&wg)
	end := fireEnds[i%len(fireEnds)]
	ends(r.t, end.name, func() {
		if err := end.end(r); !errors.Is(err, end.want) {
			r.t.Errorf("%s returned %v, want %v", end.name, err, end.want)
		}
	})
	ends(r.t, "who did something to the tasks", wg.Wait)
	r.check()
}

// Ten thousand tasks in every state there is: idle on a timer, idle on a socket, scheduled, running,
// blocking, aborted, panicking, in a shielded clean-up, joined by others, spawning; while they are woken,
// aborted, written to and looked at from outside. However the runtime is ended, it leaves no goroutine,
// no descriptor and no join that is not resolved, and every future has ended once.
func TestShutdownUnderFire(t *testing.T) {
	realPoller(t)
	rounds := *fireRounds
	if rounds == 0 {
		if rounds = 2 * len(fireEnds); testing.Short() {
			rounds = len(fireEnds)
		}
	}
	runtime.GC() // descriptors that only a finalizer closes are none of ours
	fds, goroutines := openFDs(), runtime.NumGoroutine()
	begin := time.Now()
	for i := range rounds {
		r := &fire{t: t}
		if r.round(i); t.Failed() {
			t.Fatalf("in round %d", i)
		}
		if n := openFDs(); n != fds {
			t.Fatalf("round %d: %d descriptors were open before, and %d are after", i, fds, n)
		}
		eventually(t, "the goroutines are as many as before", func() bool { return runtime.NumGoroutine() <= goroutines })
	}
	t.Logf("%d rounds of %d tasks took %v", rounds, *fireTasks, time.Since(begin))
}
