package workload

import (
	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/channel/oneshot"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/tools/bench/internal/spec"
)

// W4: a task spawns the next and ends, so many deep. The last says so.

// w4 measures f, which runs a chain whose links each call next; the one that gets false is the last.
func w4(c spec.Case, m *meter, f func(next func() bool) error) error {
	return m.repeated(c.Units, func(units int) (int, error) {
		depth, left := 0, max(1, units)
		err := f(func() bool {
			depth++ // links run one after the other, and a spawn comes before what it spawns
			left--
			return left > 0
		})
		if err != nil {
			return 0, err
		}
		return depth, want("depth", depth, max(1, units))
	})
}

// A link is a task of the chain in poll style.
type link struct {
	next func() bool
	done *oneshot.Sender[int]
}

func (l *link) Poll(cx *core.Context) (int, bool) {
	if l.next() {
		executor.SpawnValue[int](cx, link{l.next, l.done})
	} else {
		must(l.done.SendOn(cx, 0))
	}
	return 0, true
}

func w4Poll(c spec.Case, m *meter) error {
	return w4Runtime(c, m, func(co *coro.Co, next func() bool, done *oneshot.Sender[int]) {
		executor.Spawn(co, &link{next, done})
	})
}

func w4Direct(c spec.Case, m *meter) error {
	return w4Runtime(c, m, func(co *coro.Co, next func() bool, done *oneshot.Sender[int]) {
		var link func(co *coro.Co) (int, error)
		link = func(co *coro.Co) (int, error) {
			if next() {
				executor.Go(co, link)
				return 0, nil
			}
			return 0, done.SendOn(co.Context(), 0)
		}
		executor.Go(co, link)
	})
}

func w4Runtime(c spec.Case, m *meter, start func(co *coro.Co, next func() bool, done *oneshot.Sender[int])) error {
	return withRuntime(c, func(rt *executor.Runtime) error {
		return w4(c, m, func(next func() bool) error {
			_, err := drive(rt, 1, runtimeDriver{body: func(co *coro.Co, _ int) (int, error) {
				tx, rx := oneshot.New[int]()
				start(co, next, tx)
				return rx.Recv(co)
			}})
			return err
		})
	})
}

func w4Goroutines(c spec.Case, m *meter) error {
	return w4(c, m, func(next func() bool) error {
		done := make(chan struct{})
		var link func()
		link = func() {
			if next() {
				go link()
			} else {
				close(done)
			}
		}
		go link()
		<-done
		return nil
	})
}
