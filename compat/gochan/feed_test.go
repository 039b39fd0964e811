package gochan_test

import (
	"context"
	"errors"
	"iter"
	"runtime"
	"slices"
	"testing"

	"github.com/moduvex/moduvex-go/compat/gochan"
	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/channel/mpsc"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/executor"
)

// all receives until ch is closed.
func all[T any](t *testing.T, ch <-chan T) (vs []T) {
	t.Helper()
	for {
		v, ok := within(t, ch)
		if !ok {
			return vs
		}
		vs = append(vs, v)
	}
}

func TestFeedSendsWhatATaskHas(t *testing.T) {
	eachKind(t, func(t *testing.T, rt *executor.Runtime) {
		tx, rx := mpsc.New[int](2)
		ch, h := gochan.Feed(rt, 1, rx.All)
		go func() {
			defer tx.Close()
			for i := range 100 {
				if err := tx.SendWait(context.Background(), i); err != nil {
					t.Error(err)
				}
			}
		}()
		got := all(t, ch)
		want := make([]int, 100)
		for i := range want {
			want[i] = i
		}
		if !slices.Equal(got, want) {
			t.Errorf("received %v", got)
		}
		ok(t, h)
	})
}

func TestFeedClosesTheChannelHoweverTheTaskEnds(t *testing.T) {
	eachKind(t, func(t *testing.T, rt *executor.Runtime) {
		fault := errors.New("fault")
		ch, h := gochan.Feed(rt, 0, func(co *coro.Co) iter.Seq2[int, error] {
			return func(yield func(int, error) bool) { _ = yield(1, nil) && yield(0, fault) }
		})
		if vs := all(t, ch); !slices.Equal(vs, []int{1}) {
			t.Errorf("received %v", vs)
		}
		if _, err := wait(t, h); !errors.Is(err, fault) {
			t.Error(err)
		}
		ch, h = gochan.Feed(rt, 0, func(co *coro.Co) iter.Seq2[int, error] { panic("in the range") })
		if vs := all(t, ch); len(vs) > 0 {
			t.Errorf("received %v", vs)
		}
		panics(t, h, "in the range")

		endless := func(co *coro.Co) iter.Seq2[int, error] {
			return func(yield func(int, error) bool) {
				for yield(1, nil) {
				}
			}
		}
		ch, h = gochan.Feed(rt, 0, endless)
		within(t, ch)
		untilWaiting(t, rt, 1)
		h.Abort()
		all(t, ch)
		if _, err := wait(t, h); !errors.Is(err, core.ErrCancelled) {
			t.Error(err)
		}
		ch, _ = gochan.Feed(rt, 0, endless)
		within(t, ch)
		rt.Close()
		all(t, ch)
		ch, h = gochan.Feed(rt, 0, endless)
		all(t, ch)
		if _, err := wait(t, h); !errors.Is(err, core.ErrShutdown) {
			t.Error(err)
		}
	})
}

func TestAFutureIsAChannelWithoutAGoroutine(t *testing.T) {
	rt := startRuntime(t)
	before := runtime.NumGoroutine()
	for range 1000 { // nothing receives
		gochan.Of(rt, future.Ready(1))
		gochan.Of(rt, future.Pending[int]())
	}
	if n := runtime.NumGoroutine(); n > before+100 {
		t.Errorf("there are %d goroutines more", n-before)
	}
	if vs := all(t, gochan.Of(rt, future.Ready(7))); len(vs) != 1 || vs[0] != (core.Result[int]{Value: 7}) {
		t.Errorf("received %v", vs)
	}
	fault := errors.New("fault")
	h := executor.Go(rt, func(co *coro.Co) (int, error) { return 3, fault })
	if vs := all(t, gochan.Output(h)); len(vs) != 1 || vs[0].Value != 3 || !errors.Is(vs[0].Err, fault) {
		t.Errorf("received %v", vs)
	}
	if vs := all(t, gochan.Output(h)); len(vs) != 1 || !errors.Is(vs[0].Err, core.ErrAlreadyJoined) {
		t.Errorf("received %v from a second join", vs)
	}
	late := gochan.Of(rt, future.Pending[int]())
	rt.Close()
	if vs := all(t, late); len(vs) != 1 || !errors.Is(vs[0].Err, core.ErrCancelled) {
		t.Errorf("received %v after the close", vs)
	}
	if vs := all(t, gochan.Of(rt, future.Ready(7))); len(vs) != 1 || !errors.Is(vs[0].Err, core.ErrShutdown) {
		t.Errorf("received %v from a runtime that has ended", vs)
	}
}
