package executor_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/reactor"
	"github.com/moduvex/moduvex-go/reactor/reactortest"
)

func TestStatsMatchTheWork(t *testing.T) {
	fake := reactortest.NewFake()
	rt := startRuntime(t, executor.Options{Poller: fakePoller(fake)})
	a, b := fake.Pair()
	defer a.Close()
	defer b.Close()

	const yields = 200
	for range 10 { // 10 tasks of 201 polls
		left := yields
		joinOK(t, executor.Spawn(rt, future.Func(func(cx *core.Context) (int, bool) {
			left--
			cx.Yield()
			return 0, left < 0
		})))
	}
	for range 3 { // 3 of 1 poll
		joinPanicked(t, executor.Spawn(rt, onFirstPoll(explode)))
	}
	inTask(t, rt, func(cx *core.Context) { // 1 of 1 poll, and 5 of 1 poll
		for range 5 {
			executor.Spawn(cx, future.Ready(0))
		}
	})
	read := &reader{stream: a}
	h := executor.Spawn[int](rt, read) // 1 of 1 poll, and another run to be dropped
	eventually(t, "everything but the reader has ended", func() bool {
		return read.polls.Load() == 1 && rt.Stats().Live == 1
	})
	settled(t, rt)
	s := rt.Stats()
	want := executor.Stats{Live: 1, Registrations: 1}
	want.Counters = executor.Counters{Spawned: 20, Completed: 19, Panicked: 3, Polls: 10*(yields+1) + 3 + 6 + 1,
		WakesRemote: 15, Spins: s.Spins, SpinHits: s.SpinHits, Parks: s.Parks, Notifies: s.Notifies, Searches: s.Searches}
	if s != want {
		t.Errorf("the statistics are\n%+v, want\n%+v", s, want)
	}
	if n := uint64(fake.Calls("notify")); s.Notifies != n || s.Parks < n {
		t.Errorf("%d notifies and %d parks; the poller was notified %d times", s.Notifies, s.Parks, n)
	}
	h.Abort()
	joinCancelled(t, h)
	left := executor.Spawn[int](rt, &gate{})
	closeRuntime(t, rt)
	joinCancelled(t, left)
	s = rt.Stats()
	if s.Spawned != 21 || s.Completed != 19 || s.Cancelled != 2 || s.Live != 0 || s.Registrations != 0 {
		t.Errorf("the statistics after the end are %+v", s)
	}
	if n := fake.Calls("close"); n != 1 {
		t.Errorf("the poller was closed %d times", n)
	}
}

// Regression: Spawned counted a spawn from outside until it was refused, and fell then.
func TestSpawnedNeverFallsWhileSpawnsAreRefused(t *testing.T) {
	for range 300 {
		rt := makeRuntime(t, executor.Options{})
		stop := make(chan struct{})
		var spawners, readers sync.WaitGroup
		for range 2 {
			spawners.Go(func() {
				for {
					if _, err := executor.Spawn(rt, future.Ready(0)).Wait(context.Background()); err != nil {
						return
					}
				}
			})
		}
		readers.Go(func() {
			for last := uint64(0); ; {
				now := rt.Stats().Spawned
				if now < last {
					t.Errorf("it falls from %d to %d", last, now)
				}
				last = now
				select {
				case <-stop:
					return
				default:
				}
			}
		})
		runtime.Gosched()
		closeRuntime(t, rt)
		ends(t, "the spawns", spawners.Wait)
		close(stop)
		readers.Wait()
		if s := rt.Stats(); s.Spawned != s.Completed+s.Cancelled {
			t.Fatalf("not as many ended as were accepted: %+v", s)
		}
	}
}

func TestPollerThatCannotBeMade(t *testing.T) {
	want := errors.New("no poller today")
	rt, err := executor.New(executor.Options{Workers: 3, Poller: func() (reactor.Poller, error) { return nil, want }})
	if rt != nil || !errors.Is(err, want) || !strings.Contains(err.Error(), "the poller of worker 1 of 3") {
		t.Fatalf("New returned %v, %v", rt, err)
	}
}

// A worker whose poller fails could never see an event again; the process ends and says why.
func TestPollerThatFailsEndsTheProcess(t *testing.T) {
	out, err := child(t, "a poller that fails")
	if err == nil || !contains(out, "panic: ", "reactor: wait: the poller is broken") {
		t.Errorf("the process ended with %v and wrote\n%s", err, out)
	}
}

func init() {
	children["a poller that fails"] = func() {
		fake := reactortest.NewFake()
		fake.FailNext("wait", errors.New("the poller is broken"))
		rt, err := executor.New(executor.Options{Workers: 1, Poller: fakePoller(fake)})
		if err != nil {
			panic(err)
		}
		<-rt.Done() // never
	}
}
