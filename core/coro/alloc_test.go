package coro_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
)

// mallocs counts the allocations of f. Unlike testing.AllocsPerRun it does not round down, so that
// one in 64 suspensions is seen.
func mallocs(f func()) uint64 {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.Mallocs - before.Mallocs
}

// atMost fails the test if f allocates more than want in each of a few tries: the runtime itself
// allocates now and then.
func atMost(t *testing.T, what string, want uint64, f func()) {
	t.Helper()
	least := ^uint64(0)
	for range 5 {
		if least = min(least, mallocs(f)); least <= want {
			return
		}
	}
	t.Errorf("%s: %d allocations, want %d", what, least, want)
}

func TestResumingAllocatesNothing(t *testing.T) {
	const n = 1000
	for name, f := range map[string]func(co *coro.Co) error{
		"Yield":   (*coro.Co).Yield,
		"Suspend": func(co *coro.Co) error { co.Context().Yield(); return co.Suspend() },
		"Sleep":   func(co *coro.Co) error { return coro.Sleep(co, time.Millisecond) },
		"Await": func() func(co *coro.Co) error {
			f := new(twice)
			return func(co *coro.Co) error { _, err := coro.Await(co, f); return err }
		}(),
	} {
		h := newHost(t)
		s := spawn(t, h, func(co *coro.Co) (int, error) {
			for {
				if err := f(co); err != nil {
					return 0, err
				}
			}
		})
		h.Step()
		atMost(t, name, 0, func() {
			for range n {
				h.Step()
				h.Advance(time.Millisecond)
			}
		})
		s.Abort()
		h.Run()
	}
}

func TestSpawnAndJoinOnAWarmPoolAllocatesOnce(t *testing.T) {
	w := newWorker(t, coro.NewPool(0, false))
	body := func(co *coro.Co) (int, error) { return 7, co.Yield() }
	once := func() {
		s := coro.New(body)
		w.Spawn(&s.Task)
		w.run()
		if v, err, ok := s.Take(); v != 7 || err != nil || !ok {
			t.Fatalf("have %d, %v, %t", v, err, ok)
		}
	}
	once()
	const n = 1000
	atMost(t, "spawn, run and join", n, func() {
		for range n {
			once()
		}
	})
}

func TestAScopeAllocatesOnce(t *testing.T) {
	const n = 1000
	inner := (*coro.Co).Interrupted
	for name, open := range map[string]func(co *coro.Co) error{
		"WithTimeout": func(co *coro.Co) error { return coro.WithTimeout(co, time.Hour, inner) },
		"WithValue":   func(co *coro.Co) error { return coro.WithValue(co, valueKey{}, nil, inner) },
		"Shield":      func(co *coro.Co) error { return coro.Shield(co, inner) },
	} {
		do(t, func(co *coro.Co) {
			atMost(t, name, n, func() {
				for range n {
					if err := open(co); err != nil {
						t.Error(err)
					}
				}
			})
		})
	}
}

// The task is the one allocation of a spawn, so its size is what counts.
func TestSizeOfATask(t *testing.T) {
	const n, want = 1000, 176
	slots := make([]*task.Slot[int], n)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for i := range slots {
		slots[i] = coro.New(func(*coro.Co) (int, error) { return 0, nil })
	}
	runtime.ReadMemStats(&after)
	if size := (after.TotalAlloc - before.TotalAlloc) / n; size > want {
		t.Errorf("%d bytes, want at most %d", size, want)
	}
	runtime.KeepAlive(slots)
}
