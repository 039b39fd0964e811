package joinhandle_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// A queue is a set of tasks that end when the test says, and wakers that wait for them.
type queue struct {
	t      *testing.T
	h      *coretest.Host
	set    *joinhandle.JoinSet[int]
	tasks  []*probe // those that have not ended
	wakers []counter
}

// newQueue makes one in which no waker waits.
func newQueue(t *testing.T, tasks, wakers int) *queue {
	h := newHost(t)
	q := &queue{t: t, h: h, set: joinhandle.NewJoinSet[int](h), wakers: make([]counter, wakers)}
	for range tasks {
		p := &probe{}
		q.tasks = append(q.tasks, p)
		q.set.Spawn(p)
	}
	h.Run()
	return q
}

// poll is PollJoin with waker i, and reports whether that has joined a task.
func (q *queue) poll(i int) bool {
	q.t.Helper()
	q.h.Context().ForHost().Begin(&q.wakers[i])
	_, ready, err := q.set.PollJoin(q.h.Context())
	if err != nil {
		q.t.Errorf("waker %d: %v", i, err)
	}
	return ready
}

// wait makes all wakers wait.
func (q *queue) wait() {
	q.t.Helper()
	for i := range q.wakers {
		if q.poll(i) {
			q.t.Fatalf("waker %d has joined a task", i)
		}
	}
}

// end ends a task.
func (q *queue) end() {
	p := q.tasks[0]
	q.tasks = q.tasks[1:]
	p.complete(1)
	q.h.Run()
}

// want fails the test unless the wakers have been woken so often.
func (q *queue) want(when string, wakes ...int) {
	q.t.Helper()
	have := make([]int, len(q.wakers))
	for i := range q.wakers {
		have[i] = q.wakers[i].wakes
	}
	if !slices.Equal(have, wakes) {
		q.t.Errorf("%s: woken %v, want %v", when, have, wakes)
	}
}

// An end wakes one waiter, the one that has waited longest, whatever kinds of waiters there are.
func TestEachEndOfASetWakesOneWaiter(t *testing.T) {
	for name, burst := range map[string]bool{"one by one": false, "in a burst": true} {
		const n = 100
		q := newQueue(t, n+1, n)
		q.wait()
		want := make([]int, n)
		for i := range n {
			q.end()
			want[i] = 1
			q.want(name, want...)
			if !burst && !q.poll(i) {
				t.Errorf("%s: waker %d has joined nothing", name, i)
			}
		}
		for i := range n {
			if burst && !q.poll(i) {
				t.Errorf("%s: waker %d has joined nothing", name, i)
			}
		}
		q.want(name+", at the end", want...)
	}
}

func TestAWaiterOfASetThatGivesUpHandsItsTurnOn(t *testing.T) {
	q := newQueue(t, 2, 3)
	q.wait()
	q.end()
	q.want("one has ended", 1, 0, 0)
	q.set.Unwait(&q.wakers[0])
	q.want("the first has given up", 1, 1, 0)
	q.set.Unwait(&q.wakers[0]) // it has no turn any more
	q.set.Unwait(new(counter))
	q.want("it has given up twice", 1, 1, 0)
	q.set.Unwait(&q.wakers[1])
	q.want("the second has given up", 1, 1, 1)
	if !q.poll(2) {
		t.Error("the third has joined nothing")
	}
}

// A waker that was not woken may take the output that another was woken for: the other waits on, behind the rest.
func TestAWaiterOfASetThatIsWokenForNothingWaitsAgain(t *testing.T) {
	q := newQueue(t, 4, 2)
	q.wait()
	q.end()
	if _, ok := q.set.TryJoin(); !ok {
		t.Error("nothing to join")
	}
	q.want("one has ended", 1, 0)
	if q.poll(0) {
		t.Error("joined twice")
	}
	q.end()
	q.want("two have ended", 1, 1)
	q.end()
	q.want("three have ended", 2, 1)
	if !q.poll(0) || !q.poll(1) {
		t.Error("a waker that was woken has joined nothing")
	}
}

// A waker that polls without a wake takes an output, and waits no more: no end wakes it.
func TestAWaiterOfASetThatComesUnaskedTakesNoTurn(t *testing.T) {
	q := newQueue(t, 4, 3)
	q.wait()
	q.end()
	if !q.poll(1) {
		t.Error("the second has joined nothing")
	}
	// Another future may wait by the same waker, so it is told to come again.
	q.want("one has ended", 1, 1, 0)
	q.end()
	q.want("two have ended", 1, 1, 0) // the first one's turn is for this
	q.end()
	q.want("three have ended", 1, 1, 1)
	if !q.poll(0) || !q.poll(2) {
		t.Error("a waker that was woken has joined nothing")
	}
}

// The end of the last task wakes one waiter for the output, and all the others because the set is empty.
func TestWaitersOfASetAreWokenWhenItHasNoTaskLeft(t *testing.T) {
	q := newQueue(t, 1, 3)
	q.wait()
	q.end()
	q.want("the last has ended", 1, 0, 0)
	if !q.poll(0) {
		t.Error("the first has joined nothing")
	}
	q.want("the last is joined", 1, 1, 1)
	q.h.Context().ForHost().Begin(&q.wakers[1])
	if _, ready, err := q.set.PollJoin(q.h.Context()); !ready || err != joinhandle.ErrEmpty {
		t.Errorf("have %t, %v", ready, err)
	}
	q.set.Spawn(future.Ready(1)) // the set is used again, and no waiter is left
	q.h.Run()
	q.want("used again", 1, 1, 1)
}

// A waiter that is aborted between its wake and its poll passes the wake on.
func TestAWaiterOfASetThatIsAbortedOnItsTurnHandsItOn(t *testing.T) {
	q := newQueue(t, 2, 1)
	gone := spawn[int](q.h, &unwaiter{setWaiter: setWaiter{q.set}})
	q.h.Run()
	q.wait()
	q.endAndAbort(gone)
	q.want("aborted", 1)
	if !q.poll(0) {
		t.Error("the other has joined nothing")
	}
}

// endAndAbort ends a task, and aborts the one that this wakes.
func (q *queue) endAndAbort(woken joinhandle.JoinHandle[int]) {
	p := q.tasks[0]
	q.tasks = q.tasks[1:]
	p.complete(1)
	q.h.Step() // it ends, and wakes the other
	woken.Abort()
	q.h.Run()
}

// A body that is aborted then gets its output nevertheless.
func TestAJoinThatIsAbortedOnItsTurnHasItsOutput(t *testing.T) {
	q := newQueue(t, 2, 1)
	body := spawnBody(q.h, func(co *coro.Co) (int, error) { j, err := q.set.Join(co); return j.Value, err })
	q.h.Run()
	q.wait()
	q.endAndAbort(body)
	if v, err := joined(t, body); v != 1 || err != nil {
		t.Errorf("have %d, %v", v, err)
	}
	q.want("aborted", 0)
}

// A setWaiter waits for a task of a set, and gives up without Unwait.
type setWaiter struct{ set *joinhandle.JoinSet[int] }

func (s *setWaiter) Poll(cx *core.Context) (int, bool) {
	j, ready, _ := s.set.PollJoin(cx)
	return j.Value, ready
}

// An unwaiter calls Unwait when it gives up.
type unwaiter struct {
	setWaiter
	waker core.Waker
}

func (p *unwaiter) Poll(cx *core.Context) (int, bool) {
	p.waker = cx.Waker()
	return p.setWaiter.Poll(cx)
}

func (p *unwaiter) Drop() { p.set.Unwait(p.waker) }

// A waiter whose task has ended delays at most the output that it was woken for, and only up to the next end.
func TestAWaiterOfASetThatEndsWithoutAWordIsPassedOver(t *testing.T) {
	q := newQueue(t, 2, 2)
	gone := spawn[int](q.h, &setWaiter{q.set})
	q.h.Run()
	q.wait()
	gone.Abort()
	q.h.Run()
	q.end()
	q.want("it ended while it waited", 1, 0)

	q = newQueue(t, 3, 2)
	gone = spawn[int](q.h, &setWaiter{q.set})
	q.h.Run()
	q.wait()
	q.endAndAbort(gone)
	q.want("it ended on its turn", 0, 0)
	q.end()
	q.want("another end", 1, 1)
}

// Goroutines that wait and give up at any time get every output between them.
func TestWaitersOfASetThatGiveUpAtRandomLoseNothing(t *testing.T) {
	rounds, tasks := 50, 40
	if testing.Short() {
		rounds = 10
	}
	for range rounds {
		h := newHost(t)
		set := joinhandle.NewJoinSet[int](h)
		var ps []*probe
		for range tasks {
			p := &probe{}
			ps = append(ps, p)
			set.Spawn(p)
		}
		h.Run()
		var joins atomic.Int64
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				for {
					ctx, cancel := context.WithCancel(t.Context())
					if rand.IntN(2) == 0 {
						go cancel()
					}
					_, err := set.Wait(ctx)
					cancel()
					switch err {
					case nil:
						joins.Add(1)
					case joinhandle.ErrEmpty:
						return
					}
				}
			})
		}
		for _, p := range ps {
			p.complete(1)
			h.Run()
		}
		all.Wait()
		if n := joins.Load(); n != int64(tasks) {
			t.Errorf("%d outputs of %d", n, tasks)
		}
	}
}
