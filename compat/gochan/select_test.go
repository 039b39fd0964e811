package gochan_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/compat/gochan"
	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/channel/mpsc"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/timer"
	"github.com/moduvex/moduvex-go/executor"
)

// A probe is a future that is ready on request and counts its drops.
type probe struct {
	ready  bool
	panics bool
	drops  int
}

func (p *probe) Poll(*core.Context) (int, bool) { return 5, p.ready }

func (p *probe) Drop() {
	p.drops++
	if p.panics {
		panic("a drop")
	}
}

func TestSelectDoesTheCaseThatBecomesReady(t *testing.T) {
	eachKind(t, func(t *testing.T, rt *executor.Runtime) {
		in, words, out := make(chan int), make(chan string), make(chan float64)
		tx, rx := mpsc.New[int](1)
		join := make(chan struct{})
		other := executor.Do(rt, func(co *coro.Co) error { _, _, err := gochan.Recv(co, join); return err })
		var log []string
		note := func(s string) func() { return func() { log = append(log, s) } }
		loop := executor.Go(rt, func(co *coro.Co) (indices []int, err error) {
			for range 5 {
				i, err := gochan.Select(co,
					gochan.OnRecv(in, func(v int, ok bool) { log = append(log, strings.Repeat("i", v)) }),
					gochan.OnRecv(words, func(v string, ok bool) { log = append(log, v) }),
					gochan.OnSend(out, 1.5, note("sent")),
					gochan.OnFuture(rx, func(r core.Result[int]) { note("mpsc")() }),
					gochan.OnFuture(other, func(core.Result[struct{}]) { note("join")() }),
					gochan.OnFuture(timer.Sleep(time.Hour), nil),
				)
				if err != nil {
					return indices, err
				}
				indices = append(indices, i)
			}
			return indices, nil
		})
		put(t, words, "word")
		if v, _ := within(t, out); v != 1.5 {
			t.Error(v)
		}
		if err := tx.SendWait(context.Background(), 1); err != nil {
			t.Error(err)
		}
		put(t, in, 3)
		close(join)
		indices := ok(t, loop)
		if !slices.Equal(indices[:2], []int{1, 2}) {
			t.Errorf("chosen: %v", indices)
		}
		slices.Sort(indices) // the others may be ready at once
		slices.Sort(log)
		if !slices.Equal(indices, []int{0, 1, 2, 3, 4}) || strings.Join(log, " ") != "iii join mpsc sent word" {
			t.Errorf("chosen: %v %q", indices, log)
		}
		untilNoHelper(t, rt)
	})
}

func TestSelectWithDefaultDoesNotWait(t *testing.T) {
	rt := startRuntime(t)
	one(t, rt, func(co *coro.Co) error {
		ch := make(chan int, 1)
		p := &probe{}
		ran := false
		i, err := gochan.Select(co, gochan.OnRecv(ch, nil), gochan.Default(func() { ran = true }), gochan.OnFuture(p, nil))
		if i != 1 || err != nil || !ran || p.drops != 1 {
			t.Errorf("Select returns %d, %v; Default ran: %v; the future had %d drops", i, err, ran, p.drops)
		}
		ch <- 1
		for range 100 {
			if i, err = gochan.Select(co, gochan.Default(nil), gochan.OnSend(ch, 1, nil), gochan.OnRecv(ch, nil)); i != 2 || err != nil {
				t.Errorf("Select returns %d, %v", i, err)
			}
			ch <- 1
		}
		// Select spends the last operation of the budget, so that the future cannot tell whether it is ready.
		tx, rx := mpsc.New[int](1)
		if err := tx.Send(co, 1); err != nil {
			return err
		}
		for co.Context().Budget() > 1 {
			co.Context().Spend()
		}
		if i, err = gochan.Select(co, gochan.Default(nil), gochan.OnFuture(rx, nil)); i != 1 || err != nil {
			t.Errorf("a Select without budget returns %d, %v", i, err)
		}
		return nil
	})
	if c := gochan.Count(rt); c.Helpers != 0 {
		t.Errorf("there are helpers: %+v", c)
	}
}

// Several cases are ready: one at random, as Go's select does, or the first on request.
func TestSelectChoosesFairly(t *testing.T) {
	rt := startRuntime(t)
	one(t, rt, func(co *coro.Co) error {
		const n = 3000
		var counts, first [4]int
		ready := make(chan int)
		close(ready)
		buffered := make(chan int, 2*n+1)
		cases := func() []gochan.Case {
			return []gochan.Case{
				gochan.OnRecv(ready, nil), gochan.OnSend(buffered, 1, nil), gochan.OnFuture(future.Ready(1), nil), gochan.OnRecv(ready, nil),
			}
		}
		for range n {
			i, err := gochan.Select(co, cases()...)
			if err != nil {
				return err
			}
			counts[i]++
			if i, err = gochan.SelectInOrder(co, cases()...); err != nil {
				return err
			}
			first[i]++
		}
		for i, c := range counts {
			if c < n/8 {
				t.Errorf("case %d was chosen %d times of %d", i, c, n)
			}
		}
		if first != [4]int{n} {
			t.Errorf("in order: %v", first)
		}
		return nil
	})
}

func TestSelectDropsTheFuturesThatAreNotChosen(t *testing.T) {
	eachKind(t, func(t *testing.T, rt *executor.Runtime) {
		ch := make(chan int)
		a, b, c := &probe{}, &probe{panics: true}, &probe{}
		h := executor.Do(rt, func(co *coro.Co) error {
			_, err := gochan.Select(co, gochan.OnFuture(a, nil), gochan.OnRecv(ch, func(int, bool) {
				if a.drops != 1 {
					t.Error("the function of the case runs before the other futures are dropped")
				}
			}), gochan.OnFuture(c, nil))
			return err
		})
		untilWaiting(t, rt, 1)
		put(t, ch, 1)
		ok(t, h)
		if a.drops != 1 || c.drops != 1 {
			t.Errorf("drops: %d and %d", a.drops, c.drops)
		}

		// Each is dropped although the Drop of another panics.
		a, c = &probe{}, &probe{ready: true}
		d := &probe{}
		panics(t, executor.Do(rt, func(co *coro.Co) error {
			_, err := gochan.SelectInOrder(co, gochan.OnFuture(a, nil), gochan.OnFuture(b, nil), gochan.OnFuture(c, nil), gochan.OnFuture(d, nil))
			return err
		}), "a drop")
		if a.drops != 1 || b.drops != 1 || c.drops != 0 || d.drops != 1 {
			t.Errorf("drops: %d, %d, %d and %d", a.drops, b.drops, c.drops, d.drops)
		}

		// An abort, a scope that is over, and a future of a Select that is dropped.
		a = &probe{}
		h = executor.Do(rt, func(co *coro.Co) error {
			_, err := gochan.Select(co, gochan.OnFuture(a, nil), gochan.OnRecv(ch, nil))
			return err
		})
		untilWaiting(t, rt, 1)
		h.Abort()
		if _, err := wait(t, h); !errors.Is(err, core.ErrCancelled) || a.drops != 1 {
			t.Errorf("an aborted Select: %v, %d drops", err, a.drops)
		}
		a = &probe{}
		one(t, rt, func(co *coro.Co) error {
			err := coro.WithTimeout(co, 0, func(co *coro.Co) error {
				_, err := gochan.Select(co, gochan.OnFuture(a, nil), gochan.Default(nil))
				return err
			})
			if !errors.Is(err, core.ErrDeadlineExceeded) || a.drops != 1 {
				t.Errorf("a Select in a scope that is over: %v, %d drops", err, a.drops)
			}
			return nil
		})
		a = &probe{}
		s := executor.Spawn(rt, gochan.NewSelect(gochan.OnFuture(a, nil), gochan.OnRecv(ch, nil)))
		untilWaiting(t, rt, 1)
		s.Abort()
		if _, err := wait(t, s); !errors.Is(err, core.ErrCancelled) || a.drops != 1 {
			t.Errorf("a dropped NewSelect: %v, %d drops", err, a.drops)
		}
		untilNoHelper(t, rt)
	})
}

func TestSelectWithoutACaseWaitsForTheAbort(t *testing.T) {
	rt := startRuntime(t)
	h := executor.Do(rt, func(co *coro.Co) error {
		_, err := gochan.Select(co)
		return err
	})
	h.Abort()
	if _, err := wait(t, h); !errors.Is(err, core.ErrCancelled) {
		t.Error(err)
	}
	for text, cases := range map[string][]gochan.Case{
		"Select with a nil Case":   {nil},
		"Select with two Defaults": {gochan.Default(nil), gochan.Default(nil)},
	} {
		panics(t, executor.Do(rt, func(co *coro.Co) error { _, err := gochan.Select(co, cases...); return err }), text)
	}
	func() {
		defer func() {
			if v := recover(); v != "gochan: OnFuture of a nil Future" {
				t.Error(v)
			}
		}()
		gochan.OnFuture[int](nil, nil)
	}()
}

func TestTheFunctionOfACaseMayAwait(t *testing.T) {
	eachKind(t, func(t *testing.T, rt *executor.Runtime) {
		in, out := make(chan int), make(chan int)
		h := executor.Do(rt, func(co *coro.Co) (err error) {
			_, serr := gochan.Select(co, gochan.OnRecv(in, func(v int, _ bool) { err = gochan.Send(co, out, v) }), gochan.OnRecv((<-chan int)(nil), nil))
			return errors.Join(err, serr)
		})
		put(t, in, 9)
		if v, _ := within(t, out); v != 9 {
			t.Error(v)
		}
		ok(t, h)
	})
}

// A channel, an mpsc channel and ticks of other futures are always busy: each value is taken by one case, and by one
// iteration.
func TestSelectTakesEachValueFromOneCase(t *testing.T) {
	eachKind(t, func(t *testing.T, rt *executor.Runtime) {
		const n = 3000
		goCh, goCh2 := make(chan int), make(chan int, 3)
		out := make(chan int)
		tx, rx := mpsc.New[int](2)
		go func() {
			for i := range n {
				goCh <- i
			}
		}()
		go func() {
			for i := range n {
				goCh2 <- n + i
			}
		}()
		go func() {
			for i := range n {
				_ = tx.SendWait(context.Background(), 2*n+i)
			}
		}()
		go func() {
			for i := range n {
				if v := <-out; v != i {
					t.Errorf("out has %d, want %d", v, i)
				}
			}
		}()
		h := executor.Do(rt, func(co *coro.Co) error {
			next := [3]int{0, n, 2 * n}
			take := func(k, v int) {
				if v != next[k] {
					t.Errorf("channel %d: value %d, want %d", k, v, next[k])
				}
				next[k] = v + 1
			}
			sent := 0
			for next != [3]int{n, 2 * n, 3 * n} || sent < n {
				o := (chan<- int)(nil)
				if sent < n {
					o = out
				}
				_, err := gochan.Select(co,
					gochan.OnRecv(goCh, func(v int, _ bool) { take(0, v) }),
					gochan.OnRecv(goCh2, func(v int, _ bool) { take(1, v) }),
					gochan.OnFuture(rx, func(r core.Result[int]) { take(2, r.Value) }),
					gochan.OnSend(o, sent, func() { sent++ }),
				)
				if err != nil {
					return err
				}
			}
			return nil
		})
		ok(t, h)
		untilNoHelper(t, rt)
		if c := gochan.Count(rt); c != (gochan.Counts{}) {
			t.Errorf("at the end: %+v", c)
		}
	})
}
