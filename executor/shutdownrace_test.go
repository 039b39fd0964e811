package executor_test

import (
	"errors"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/joinhandle"
	"github.com/moduvex/moduvex-go/reactor"
	"github.com/moduvex/moduvex-go/reactor/reactortest"
)

func TestShutdownAndCloseAtTheSameTime(t *testing.T) {
	for range 50 {
		rt := startRuntime(t, executor.Options{})
		g := &gate{}
		h := executor.Spawn[int](rt, g)
		var firsts, seconds atomic.Int64
		var wg sync.WaitGroup
		for i := range 4 {
			wg.Go(func() {
				err := error(nil)
				if i%2 == 0 {
					err = rt.Shutdown(ended(errEnough))
				} else {
					err = rt.Close()
				}
				switch {
				case err == nil, errors.Is(err, errEnough):
					firsts.Add(1)
				case err == executor.ErrClosed:
					seconds.Add(1)
				}
			})
		}
		ends(t, "all of them", wg.Wait)
		if firsts.Load() != 1 || seconds.Load() != 3 {
			t.Fatalf("%d were the first and %d were told that it is closed", firsts.Load(), seconds.Load())
		}
		joinCancelled(t, h)
		g.droppedOnce(t)
	}
}

// A lookPoller calls look in the look at the poller that comes right before a park.
type lookPoller struct {
	*reactortest.Fake
	look atomic.Pointer[func()]
}

func (p *lookPoller) Wait(events []reactor.Event, timeout time.Duration) ([]reactor.Event, error) {
	if look := p.look.Load(); look != nil && timeout == 0 {
		(*look)()
	}
	return p.Fake.Wait(events, timeout)
}

// The worker has just found that the runtime is not closing, and is about to park: it must not
// miss the notification.
func TestShutdownThatBeginsWhileTheWorkerIsAboutToPark(t *testing.T) {
	p := &lookPoller{Fake: reactortest.NewFake()}
	rt := startRuntime(t, executor.Options{Poller: func() (reactor.Poller, error) { return p, nil }})
	a, b := p.Pair()
	defer a.Close()
	defer b.Close()
	inTask(t, rt, func(cx *core.Context) { // a worker without descriptors does not look
		if _, err := cx.Host().IO().(*reactor.Reactor).Register(a.FD(), reactor.Readable); err != nil {
			t.Error(err)
		}
	})
	settled(t, rt)
	result := make(chan error, 1)
	look := func() {
		p.look.Store(nil)
		go func() { result <- rt.Shutdown(within(t)) }()
		eventually(t, "the runtime is closing", func() bool { return executor.Closing(rt) })
		time.Sleep(5 * time.Millisecond) // an opportunity to notify, too early
	}
	inTask(t, rt, func(*core.Context) { p.look.Store(&look) }) // the next look is the one after this
	if err := receive(t, "Shutdown", result); err != nil {
		t.Fatalf("Shutdown returned %v", err)
	}
}

// Regression: wakers that outlived their runtime wrote to descriptors that were closed, or
// belonged to other code by then.
func TestWakesAndEventsWhileShuttingDown(t *testing.T) {
	for range 30 {
		fake := reactortest.NewFake()
		rt := startRuntime(t, executor.Options{Poller: fakePoller(fake)})
		a, b := fake.Pair()
		r, g := &reader{stream: a}, &gate{}
		hR, hG := executor.Spawn[int](rt, r), executor.Spawn[int](rt, g)
		var driver atomic.Pointer[reactor.Reactor]
		inTask(t, rt, func(cx *core.Context) { driver.Store(cx.Host().IO().(*reactor.Reactor)) })
		g.polled(t, 1)
		var stop atomic.Bool
		var wg sync.WaitGroup
		for _, f := range []func(){
			g.Wake,
			func() { fake.Fire(a.FD(), reactor.WriteReady) },
			func() { driver.Load().Notify() },
			func() { rt.Stats() },
		} {
			wg.Go(func() {
				for !stop.Load() {
					f()
				}
			})
		}
		closeRuntime(t, rt)
		stop.Store(true)
		wg.Wait()
		joinCancelled(t, hR)
		joinCancelled(t, hG)
		g.droppedOnce(t)
		if r.drops.Load() != 1 {
			t.Fatalf("the reader was dropped %d times", r.drops.Load())
		}
		a.Close()
		b.Close()
	}
}

// A Drop may call everything that a Poll may, also when it has no effect any more.
func TestDropsThatWakeAndSpawnWhileClosing(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	var host core.Host
	inTask(t, rt, func(cx *core.Context) { host = cx.Host() })
	other := &gate{}
	executor.Spawn[int](rt, other)
	other.polled(t, 1)
	var refused []joinhandle.JoinHandle[int]
	var gates []*gate
	for range 10 {
		g := &gate{inDrop: func() {
			other.Wake()
			other.mu.Lock()
			host.Wake(other.waker)
			other.mu.Unlock()
			refused = append(refused, executor.Spawn(host, future.Ready(1)))
		}}
		gates = append(gates, g)
		executor.Spawn[int](rt, g)
		g.polled(t, 1)
	}
	closeRuntime(t, rt)
	for i, g := range gates {
		g.droppedOnce(t)
		joinCancelled(t, refused[i])
	}
	other.droppedOnce(t)
	other.polled(t, 1)
}

// openFDs counts the process's descriptors, where the system tells.
func openFDs() int {
	if runtime.GOOS != "linux" {
		return 0
	}
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(entries)
}

// Two hundred runtimes with tasks of all kinds leave nothing behind: no descriptor, no goroutine,
// no future that is not dropped, no join that is not resolved.
func TestRuntimesLeaveNothingBehind(t *testing.T) {
	runtime.GC() // descriptors that only a finalizer closes are none of ours
	fds, goroutines := openFDs(), runtime.NumGoroutine()
	for round := range 200 {
		rt := makeRuntime(t, executor.Options{})
		fates := make([]fate, 30)
		var handles []joinhandle.JoinHandle[int]
		for i := range fates {
			var f core.Future[int]
			switch i % 5 {
			case 0:
				f = &gate{}
			case 1:
				f = &sleeper{d: time.Hour}
			case 2:
				f = future.Func(func(cx *core.Context) (int, bool) { cx.Yield(); return 0, false })
			case 3:
				f = &sleeper{d: time.Millisecond}
			case 4:
				f = future.Ready(1)
			}
			handles = append(handles, await(rt, []string{"poll", "direct"}[i%2], &followed{Future: f, fate: &fates[i]}))
		}
		first := handles[0]
		handles = append(handles,
			executor.SpawnBlocking(rt, func() (int, error) { return 0, nil }),
			executor.Go(rt, func(co *coro.Co) (int, error) { return first.Join(co) }))
		if round%2 == 0 {
			ends(t, "Close", func() { rt.Close() })
		} else {
			ends(t, "Shutdown", func() { rt.Shutdown(ended(errEnough)) })
		}
		for i, h := range handles {
			if !h.Finished() {
				t.Fatalf("join %d is not resolved", i)
			}
		}
		for i := range fates {
			f := &fates[i]
			ends := f.completed.Load() + f.dropped.Load()
			if ends != 1 && (i%2 == 0 || ends+f.polled.Load() != 0) {
				t.Fatalf("future %d was ready %d times and was dropped %d times", i, f.completed.Load(), f.dropped.Load())
			}
		}
		if s := rt.Stats(); s.Live != 0 || s.Spawned != s.Completed+s.Cancelled {
			t.Fatalf("the statistics after the end are %+v", s)
		}
	}
	if n := openFDs(); n != fds {
		t.Errorf("%d descriptors were open before, and %d are after", fds, n)
	}
	eventually(t, "the goroutines are as many as before", func() bool { return runtime.NumGoroutine() <= goroutines })
}
