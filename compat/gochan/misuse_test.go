package gochan_test

import (
	"iter"
	"testing"

	"github.com/moduvex/moduvex-go/compat/gochan"
	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
)

// A counter is a future whose Poll needs more than a nil pointer.
type counter struct{ n int }

func (c *counter) Poll(*core.Context) (int, bool) { c.n++; return c.n, true }

// A polled is a function that is a future.
type polled func(cx *core.Context) (int, bool)

func (f polled) Poll(cx *core.Context) (int, bool) { return f(cx) }

// Mistakes of a program panic with a text that names them.
//
// Regression: a nil pointer in the Future of OnFuture or Of panicked in a later poll, with a text of Go's runtime. So did
// the second Select of an OnFuture case, and a Feed of a nil iterator.
func TestMistakesPanicWithANamedText(t *testing.T) {
	if !modetest.First() {
		return
	}
	rt := startRuntime(t)
	none := func(*coro.Co) iter.Seq2[int, error] { return nil }
	for want, f := range map[string]func(){
		"gochan: OnFuture of a nil Future":                    func() { gochan.OnFuture[int](nil, nil) },
		"gochan: OnFuture of a nil *gochan_test.counter":      func() { gochan.OnFuture[int]((*counter)(nil), nil) },
		"gochan: OnFuture of a nil gochan_test.polled":        func() { gochan.OnFuture[int](polled(nil), nil) },
		"gochan: Of of a nil Future":                          func() { gochan.Of[int](rt, nil) },
		"gochan: Of of a nil *gochan_test.counter":            func() { gochan.Of[int](rt, (*counter)(nil)) },
		"gochan: Feed of a nil function":                      func() { gochan.Feed[int](rt, 1, nil) },
		"gochan: Feed to a channel of a negative capacity":    func() { gochan.Feed(rt, -1, none) },
		"gochan: Select with a nil Case":                      func() { gochan.NewSelect(nil) },
		"gochan: Select with two Defaults":                    func() { gochan.NewSelect(gochan.Default(nil), gochan.Default(nil)) },
		"executor: the Runtime is nil or zero: New makes one": func() { gochan.Count(nil) },
	} {
		func() {
			defer func() {
				if v := recover(); v != want {
					t.Errorf("have %v, want %s", v, want)
				}
			}()
			f()
		}()
	}
	_, h := gochan.Feed(rt, 1, none)
	panics(t, h, "gochan: the function given to Feed returned a nil Seq2")
	for _, ready := range []bool{true, false} {
		ch := make(chan int, 1)
		panics(t, executor.Do(rt, func(co *coro.Co) error {
			c := gochan.OnFuture(future.Ready(1), nil)
			if !ready { // the other case is done, and the future is dropped
				ch <- 1
				c = gochan.OnFuture(future.Pending[int](), nil)
			}
			if _, err := gochan.Select(co, gochan.OnRecv(ch, nil), c); err != nil {
				return err
			}
			_, err := gochan.Select(co, c)
			return err
		}), "gochan: a Case of OnFuture was used in a second Select")
	}
}
