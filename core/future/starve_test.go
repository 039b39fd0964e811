package future_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/core/timer"
)

// hog spends the whole budget at each poll, for ever.
func hog() core.Future[int] {
	return future.Func(func(cx *core.Context) (int, bool) {
		for cx.Spend() {
		}
		return 0, false
	})
}

// A modest child needs a few operations, one a poll.
type modest struct{ left int }

func newModest() *modest { return &modest{left: 3} }

func (m *modest) Poll(cx *core.Context) (int, bool) {
	if !cx.Spend() {
		return 0, false
	}
	if m.left--; m.left == 0 {
		return 0, true
	}
	cx.Yield()
	return 0, false
}

func (m *modest) done() bool { return m.left == 0 }

// among is n futures, all hogs but the one at index i.
func among(n, i int, m core.Future[int]) []core.Future[int] {
	fs := make([]core.Future[int], n)
	for k := range fs {
		fs[k] = hog()
	}
	fs[i] = m
	return fs
}

// TestHogsStarveNoChild: in every combinator, a child among others that spend the whole budget at each
// poll makes progress within a few polls for each of its siblings.
//
// Regression: the children behind it were never polled with any budget.
func TestHogsStarveNoChild(t *testing.T) {
	type (
		ints = core.Future[int]
		made struct {
			name  string
			polls int
			make  func(m ints) core.Future[any]
		}
	)
	var table []made
	add := func(polls int, name string, make func(m ints) core.Future[any]) {
		table = append(table, made{name, polls, make})
	}
	for i := range 2 {
		pair := func(m ints) (a, b ints) {
			fs := among(2, i, m)
			return fs[0], fs[1]
		}
		name := func(s string) string { return fmt.Sprintf("%s, child %d", s, i) }
		join := func(m ints) core.Future[future.Pair[int, int]] { return future.Join2(pair(m)) }
		first := func(p future.Pair[int, int]) int { return p.First }
		add(10, name("Join2"), func(m ints) core.Future[any] { return erase(join(m)) })
		add(100, name("Select2"), func(m ints) core.Future[any] { return erase(future.Select2(pair(m))) })
		add(20, name("Join2 in Join2"), func(m ints) core.Future[any] {
			return erase(join(future.Map(join(m), first)))
		})
		add(40, name("Join2 in Join2 in Join2"), func(m ints) core.Future[any] {
			return erase(join(future.Map(join(future.Map(join(m), first)), first)))
		})
		add(20, name("Then"), func(m ints) core.Future[any] {
			return erase(join(future.Then(m, func(int) ints { return hog() })))
		})
		add(1000, name("Join2 in Race in Join2"), func(m ints) core.Future[any] {
			return erase(join(future.Map(future.Race(future.Map(join(m), first), hog()),
				func(w future.Winner[int]) int { return w.Value })))
		})
		add(20, name("Timeout"), func(m ints) core.Future[any] {
			return erase(join(future.Map(timer.Timeout(time.Hour, m), func(core.Result[int]) int { return 0 })))
		})
		add(20, name("Join2 in a coroutine"), func(m ints) core.Future[any] {
			return inBody(func(co *coro.Co) { coro.Await(co, join(m)) })
		})
	}
	for i := range 3 {
		add(15, fmt.Sprintf("Join3, child %d", i), func(m ints) core.Future[any] {
			fs := among(3, i, m)
			return erase(future.Join3(fs[0], fs[1], fs[2]))
		})
		add(1000, fmt.Sprintf("Race, child %d", i), func(m ints) core.Future[any] {
			return erase(future.Race(among(3, i, m)...))
		})
	}
	for _, n := range []int{2, 3, 16, 17, 100} {
		for _, i := range []int{0, 1, n / 2, n - 1} {
			add(4*n, fmt.Sprintf("JoinAll of %d, child %d", n, i), func(m ints) core.Future[any] {
				return erase(future.JoinAll(among(n, i, m)))
			})
			add(16*n, fmt.Sprintf("JoinAll of %d in another, child %d", n, i), func(m ints) core.Future[any] {
				inner := future.Map(future.JoinAll(among(n, i, m)), func([]int) int { return 0 })
				return erase(future.JoinAll(among(3, 1, inner)))
			})
		}
	}
	for _, c := range table {
		t.Run(c.name, func(t *testing.T) {
			m := newModest()
			h, _ := spawn(t, c.make(m))
			for range c.polls {
				h.Step()
			}
			if !m.done() {
				t.Errorf("after %d polls it still needs %d operations", c.polls, m.left)
			}
		})
	}
}

// inBody is a future that runs body as a separate task.
func inBody(body func(co *coro.Co)) core.Future[any] {
	var s *task.Slot[any]
	return future.Func(func(cx *core.Context) (any, bool) {
		if s == nil {
			s = coro.New(func(co *coro.Co) (any, error) {
				body(co)
				return nil, nil
			})
			cx.Spawn(&s.Task)
		}
		cx.Yield()
		return nil, s.Finished()
	})
}

// TestHogsKeepNoDeadlineBack: the deadline of a combinator or a scope takes effect although the future inside
// spends the whole budget at each poll.
//
// Regression: a child that spent the whole budget delayed the deadline of its siblings.
func TestHogsKeepNoDeadlineBack(t *testing.T) {
	const d = 10 * time.Millisecond
	hogging := func(co *coro.Co) error {
		_, err := coro.Await(co, hog())
		return err
	}
	for name, make := range map[string]func(h *coretest.Host) core.Future[error]{
		"Timeout": func(h *coretest.Host) core.Future[error] { return reason(timer.Timeout(d, hog())) },
		"TimeoutAt": func(h *coretest.Host) core.Future[error] {
			return reason(timer.TimeoutAt(h.Epoch().Add(d), hog()))
		},
		"Timeout in Timeout": func(h *coretest.Host) core.Future[error] {
			return reason(timer.Timeout(d, timer.Timeout(time.Hour, hog())))
		},
		"Timeout around Timeout": func(h *coretest.Host) core.Future[error] {
			inner := reason(timer.Timeout(d, hog()))
			return future.Map(timer.Timeout(time.Hour, inner), func(r core.Result[error]) error { return r.Value })
		},
		"Timeout in Join2": func(h *coretest.Host) core.Future[error] {
			join := future.Join2(hog(), future.Map(timer.Timeout(d, hog()), func(core.Result[int]) int { return 0 }))
			return reason(timer.Timeout(2*d, join))
		},
		"Sleep in Race": func(h *coretest.Host) core.Future[error] {
			nap := future.Map(timer.Sleep(d), func(struct{}) int { return 0 })
			return future.Map(future.Race(hog(), nap), func(w future.Winner[int]) error {
				if w.Index == 1 {
					return core.ErrDeadlineExceeded
				}
				return nil
			})
		},
		"WithTimeout": func(h *coretest.Host) core.Future[error] {
			return ended(h, func(co *coro.Co) error { return coro.WithTimeout(co, d, hogging) })
		},
		"WithDeadline": func(h *coretest.Host) core.Future[error] {
			return ended(h, func(co *coro.Co) error { return coro.WithDeadline(co, h.Epoch().Add(d), hogging) })
		},
		"WithTimeout around operations": func(h *coretest.Host) core.Future[error] {
			return ended(h, func(co *coro.Co) error {
				return coro.WithTimeout(co, d, func(co *coro.Co) error {
					for {
						if err := coro.Sleep(co, 0); err != nil { // which spends, and does not wait
							return err
						}
					}
				})
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := coretest.New(1)
			defer h.Close()
			s := task.New(make(h))
			h.Spawn(&s.Task)
			for range 1000 {
				if s.Finished() {
					break
				}
				h.Step()
				h.Advance(time.Millisecond)
			}
			if err := output(t, s); err != core.ErrDeadlineExceeded {
				t.Errorf("have %v", err)
			}
		})
	}
}

// reason returns the error of a Timeout.
func reason[T any](f core.Future[core.Result[T]]) core.Future[error] {
	return future.Map(f, func(r core.Result[T]) error { return r.Err })
}

// ended is the error of a body, which is a separate task.
func ended(h *coretest.Host, body func(co *coro.Co) error) core.Future[error] {
	s := coro.New(func(co *coro.Co) (struct{}, error) { return struct{}{}, body(co) })
	h.Spawn(&s.Task)
	return future.Func(func(cx *core.Context) (error, bool) {
		if !s.Finished() {
			cx.Yield()
			return nil, false
		}
		_, err, _ := s.Take()
		return err, true
	})
}
