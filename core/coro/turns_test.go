package coro_test

import (
	"errors"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
)

// A shelf has children of a scope, each with a value that it returns when its gate is opened, and tasks that range
// over the values, each for as many as it wants.
type shelf struct {
	t       *testing.T
	h       *coretest.Host
	gates   []gate
	scope   *task.Slot[int]
	readers []*reader
}

type reader struct {
	slot   *task.Slot[int]
	values int
	err    error // of its last round
	over   bool  // it ranges no more
}

// newShelf makes one where all wait. The child of a gate that is opened with a negative value fails.
func newShelf(t *testing.T, children, readers, wanted int) *shelf {
	s := &shelf{t: t, h: newHost(t), gates: make([]gate, children)}
	var rs *coro.Results[int]
	s.scope = spawn(t, s.h, func(co *coro.Co) (int, error) {
		return 0, coro.WithGroup(co, coro.GroupOptions{}, func(co *coro.Co, sc *coro.Group) error {
			rs = coro.NewResults[int](sc)
			for i := range s.gates {
				rs.Go(co, func(co *coro.Co) (int, error) {
					v, err := coro.Await(co, &s.gates[i])
					if v < 0 {
						err = errFirst
					}
					return v, err
				})
			}
			return nil
		})
	})
	settle(s.h)
	for range readers {
		r := &reader{}
		r.slot = spawn(t, s.h, func(co *coro.Co) (int, error) {
			for _, err := range rs.All(co) {
				if r.err = err; err != nil {
					break
				}
				if r.values++; r.values == wanted {
					break
				}
			}
			r.over = true
			return 0, coro.Sleep(co, time.Hour) // a waker of it that is left behind is one of a task that lives
		})
		s.readers = append(s.readers, r)
	}
	settle(s.h)
	return s
}

// polls runs what is scheduled, and returns how many polls that were.
func (s *shelf) polls() (n int) {
	for s.h.Step() {
		n++
	}
	return n
}

// want fails the test unless the readers have taken so many values.
func (s *shelf) want(when string, values ...int) {
	s.t.Helper()
	for i, r := range s.readers {
		if r.values != values[i] {
			s.t.Errorf("%s: reader %d has taken %d values, want %d", when, i, r.values, values[i])
		}
	}
}

// A value wakes one waiter only: the one that has waited longest.
func TestEachValueOfResultsWakesOneReader(t *testing.T) {
	const n = 30
	s := newShelf(t, 2*n+1, n, 3)
	want := make([]int, n)
	for i := range 2 * n {
		s.gates[i].open(1)
		if polls := s.polls(); polls != 2 {
			t.Errorf("value %d: %d polls, want one of the child and one of a reader", i, polls)
		}
		want[i%n]++
		s.want("one more", want...)
	}
}

func TestAReaderOfResultsThatIsAbortedOnItsTurnHandsItOn(t *testing.T) {
	s := newShelf(t, 2, 2, 1)
	s.gates[0].open(1)
	s.h.Step() // the child ends, and wakes the first
	s.readers[0].slot.Abort()
	settle(s.h)
	s.want("aborted", 0, 1)
	if err := s.readers[0].err; err != core.ErrCancelled {
		t.Errorf("the first: %v", err)
	}
}

// A reader whose task is woken by another event may take the value that another reader was woken for. The other reader
// waits on, and no further wake is spent on the reader that has taken the value.
func TestAReaderOfResultsThatIsWokenForNothingWaitsAgain(t *testing.T) {
	s := newShelf(t, 4, 3, 1)
	s.gates[0].open(1)
	s.readers[1].slot.Wake()
	s.h.Step() // the child ends, and wakes the first, which is behind the second now
	settle(s.h)
	s.want("one value", 0, 1, 0)
	s.gates[1].open(1)
	settle(s.h)
	s.want("two values", 0, 1, 1)
	s.gates[2].open(1)
	settle(s.h)
	s.want("three values", 1, 1, 1)
}

func TestReadersOfResultsAreWokenWhenNothingMoreComes(t *testing.T) {
	s := newShelf(t, 1, 3, 2)
	s.gates[0].open(1)
	settle(s.h)
	s.want("the last child has ended", 1, 0, 0)
	for i, r := range s.readers {
		if !r.over || r.err != nil {
			t.Errorf("reader %d: over %t, %v", i, r.over, r.err)
		}
	}

	s = newShelf(t, 2, 3, 1)
	s.gates[0].open(-1)
	settle(s.h)
	s.want("a child has failed", 0, 0, 0)
	for i, r := range s.readers {
		if !errors.Is(r.err, errFirst) {
			t.Errorf("reader %d: over %t, %v", i, r.over, r.err)
		}
	}
}
