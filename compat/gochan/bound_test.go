package gochan_test

import (
	"errors"
	"runtime"
	"strconv"
	"testing"

	"github.com/moduvex/moduvex-go/compat/gochan"
	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// A chain of tasks, each of which receives from one channel and sends to the next. All wait, with far fewer helpers
// than waits, and the value enters at the end that waited first: with a queue of waits behind a full pool it would
// never move. Beside them are as many receives that nothing sends to.
func TestWaitsBeyondTheLimitDoNotBlockEachOther(t *testing.T) {
	for name, limits := range map[string][2]int{"none dedicated": {0, 2}, "some dedicated": {10, 3}} {
		t.Run(name, func(t *testing.T) {
			const n = 1000
			rt := startRuntime(t)
			gochan.SetLimits(rt, limits[0], limits[1])
			silent := make([]joinhandle.JoinHandle[struct{}], n)
			for i := range silent {
				silent[i] = executor.Do(rt, func(co *coro.Co) error {
					_, _, err := gochan.Recv(co, make(chan int))
					return err
				})
			}
			untilWaiting(t, rt, n)
			links := make([]chan int, n+1)
			for i := range links {
				links[i] = make(chan int)
			}
			var hs []joinhandle.JoinHandle[struct{}]
			for i := range n {
				hs = append(hs, executor.Do(rt, func(co *coro.Co) error {
					v, _, err := gochan.Recv(co, links[i])
					if err != nil {
						return err
					}
					return gochan.Send(co, links[i+1], v+1)
				}))
			}
			untilWaiting(t, rt, 2*n)
			if c := gochan.Count(rt); c.Helpers != limits[0]+limits[1] {
				t.Errorf("%d waits have %d helpers, and the limits are %v", 2*n, c.Helpers, limits)
			}
			put(t, links[0], 0)
			if v, _ := within(t, links[n]); v != n {
				t.Errorf("the value is %d after %d tasks", v, n)
			}
			for _, h := range hs {
				ok(t, h)
			}
			for _, h := range silent {
				h.Abort()
			}
			for _, h := range silent {
				if _, err := wait(t, h); !errors.Is(err, core.ErrCancelled) {
					t.Error(err)
				}
			}
			untilNoHelper(t, rt)
		})
	}
}

// Each task sends or receives, and all share a channel and few helpers: each meets another one.
func TestSelectsOnBothEndsOfAChannelMeet(t *testing.T) {
	for name, limits := range map[string][2]int{"one group": {0, 1}, "two groups": {0, 2}, "dedicated": {1000, 1}} {
		t.Run(name, func(t *testing.T) {
			rt := startRuntime(t)
			gochan.SetLimits(rt, limits[0], limits[1])
			ch := make(chan int)
			var hs []joinhandle.JoinHandle[int]
			for i := range 200 {
				hs = append(hs, executor.Go(rt, func(co *coro.Co) (sum int, err error) {
					_, err = gochan.Select(co,
						gochan.OnSend(ch, i, func() { sum = -i }),
						gochan.OnRecv(ch, func(v int, _ bool) { sum = v }))
					return sum, err
				}))
			}
			sum := 0
			for _, h := range hs {
				sum += ok(t, h)
			}
			if sum != 0 {
				t.Errorf("what was sent and what was received differ by %d", sum)
			}
			untilNoHelper(t, rt)
		})
	}
}

// A group takes no more cases than a reflect.Select may have.
func TestAGroupIsNotTooLarge(t *testing.T) {
	if !modetest.First() || raceEnabled { // the detector takes a minute for so many
		return
	}
	rt := startRuntime(t)
	gochan.SetLimits(rt, 0, 1)
	ch := make(chan int)
	sel := func(n int) joinhandle.JoinHandle[int] {
		cases := make([]gochan.Case, n)
		for i := range cases {
			cases[i] = gochan.OnRecv(ch, nil)
		}
		return executor.Go(rt, func(co *coro.Co) (int, error) { return gochan.Select(co, cases...) })
	}
	a, b := sel(40000), sel(40000)
	untilWaiting(t, rt, 2)
	if c := gochan.Count(rt); c.Helpers != 2 {
		t.Errorf("80000 cases have %d helpers", c.Helpers)
	}
	put(t, ch, 1)
	put(t, ch, 1)
	ok(t, a)
	ok(t, b)
	panics(t, sel(65536), "gochan: Select with too many cases")
}

// Receives, sends and selections of several types share one helper.
func TestAHelperServesEachOfItsWaits(t *testing.T) {
	rt := startRuntime(t)
	gochan.SetLimits(rt, 0, 1)
	const n = 40
	ints, texts, out := make([]chan int, n), make([]chan string, n), make([]chan int, n)
	var hs []joinhandle.JoinHandle[int]
	for i := range n {
		ints[i], texts[i], out[i] = make(chan int), make(chan string), make(chan int)
		hs = append(hs,
			executor.Go(rt, func(co *coro.Co) (int, error) { v, _, err := gochan.Recv(co, ints[i]); return v, err }),
			executor.Go(rt, func(co *coro.Co) (int, error) { return i, gochan.Send(co, out[i], i) }),
			executor.Go(rt, func(co *coro.Co) (got int, err error) {
				_, err = gochan.Select(co, gochan.OnSend(make(chan any), any(nil), nil),
					gochan.OnRecv(texts[i], func(v string, _ bool) { got, _ = strconv.Atoi(v) }))
				return got, err
			}))
		untilWaiting(t, rt, 3*(i+1))
	}
	if c := gochan.Count(rt); c.Helpers != 1 {
		t.Errorf("%+v", c)
	}
	for i := n - 1; i >= 0; i-- {
		put(t, texts[i], strconv.Itoa(i))
		put(t, ints[i], i)
		if v, _ := within(t, out[i]); v != i {
			t.Errorf("a send of %d has sent %d", i, v)
		}
	}
	for i, h := range hs {
		if v := ok(t, h); v != i/3 {
			t.Errorf("wait %d got %d", i, v)
		}
	}
	untilNoHelper(t, rt)
}

func TestHelpersAreBounded(t *testing.T) {
	if !modetest.First() {
		return
	}
	rt := startRuntime(t)
	const n = gochan.MaxHelpers + 1000
	hs := make([]joinhandle.JoinHandle[gochan.Received[int]], n)
	before := runtime.NumGoroutine()
	for i := range hs {
		hs[i] = executor.Spawn(rt, gochan.NewRecv(make(chan int)))
	}
	untilWaiting(t, rt, n)
	if c := gochan.Count(rt); c.Helpers != gochan.MaxHelpers {
		t.Errorf("%d waits have %d helpers, and the limit is %d", n, c.Helpers, gochan.MaxHelpers)
	}
	if got := runtime.NumGoroutine() - before; got > gochan.MaxHelpers+10 {
		t.Errorf("%d waits have %d goroutines", n, got)
	}
	rt.Close()
	untilNoHelper(t, rt)
	eventually(t, "few goroutines", func() bool { return runtime.NumGoroutine() < before+10 })
}

// 100,000 waits that are cancelled leave nothing behind.
func TestCancelledWaitsLeaveNothingBehind(t *testing.T) {
	if !modetest.First() {
		return
	}
	eachKind(t, func(t *testing.T, rt *executor.Runtime) {
		ch, other := make(chan int), make(chan string)
		abort := func(co *coro.Co, wait func(co *coro.Co) error) error {
			return coro.WithCancel(co, func(co *coro.Co, cancel func(error)) error {
				ex := executor.Do(co, func(*coro.Co) error { cancel(nil); return nil })
				err := wait(co)
				ex.Join(co)
				if errors.Is(err, core.ErrCancelled) {
					err = nil
				}
				return err
			})
		}
		round := func(n int) {
			one(t, rt, func(co *coro.Co) error {
				for range n / 4 {
					err := errors.Join(
						abort(co, func(co *coro.Co) error { _, _, err := gochan.Recv(co, ch); return err }),
						abort(co, func(co *coro.Co) error { return gochan.Send(co, other, "") }),
						abort(co, func(co *coro.Co) error {
							_, err := gochan.Select(co, gochan.OnRecv(ch, nil), gochan.OnSend(other, "", nil))
							return err
						}),
						abort(co, func(co *coro.Co) error {
							_, err := coro.Await(co, gochan.NewRecv(make(chan int)))
							return err
						}),
					)
					if err != nil {
						return err
					}
				}
				return nil
			})
			untilNoHelper(t, rt)
		}
		used := func() uint64 {
			runtime.GC()
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			return m.HeapAlloc
		}
		n := 100_000
		if raceEnabled || testing.Short() {
			n = 5_000
		}
		round(1000)
		heap, goroutines := used(), runtime.NumGoroutine()
		round(n)
		if grown := int64(used()) - int64(heap); grown > 2<<20 { // 20 bytes each
			t.Errorf("%d cancelled waits have left %d bytes", n, grown)
		}
		if grown := runtime.NumGoroutine() - goroutines; grown > 5 {
			t.Errorf("%d cancelled waits have left %d goroutines", n, grown)
		}
		if c := gochan.Count(rt); c != (gochan.Counts{}) {
			t.Errorf("%+v", c)
		}
	})
}
