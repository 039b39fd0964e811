package joinhandle

import (
	"context"
	"errors"
	"iter"
	"sync"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
)

// ErrEmpty is what waiting on a [JoinSet] returns when it has no task left.
var ErrEmpty = errors.New("joinhandle: the set has no task left")

// A JoinSet holds tasks with outputs of one type and joins them in the order in which they end.
// Adding, ending and joining are O(1). All methods are safe for any number of goroutines and
// tasks; each output goes to one of those that wait.
//
//	Spawn → running → (the task ends) → ended → Join: out of the set
type JoinSet[T any] struct {
	spawner core.Spawner

	mu      sync.Mutex
	running member[T] // head of a ring of those that run
	ended   []*member[T]
	first   int // of ended
	n       int // running and ended
	waiters []core.Waker
}

// A Joined is the output of one task of a set.
type Joined[T any] struct {
	ID uint64 // of the task
	Result[T]
}

// A member is a task of the set, and the waker that its end wakes.
type member[T any] struct {
	set        *JoinSet[T]
	slot       *task.Slot[T]
	prev, next *member[T] // nil unless running
}

// NewJoinSet makes an empty set whose tasks are spawned on s: a runtime, or a Context or Co.
func NewJoinSet[T any](s core.Spawner) *JoinSet[T] {
	if s == nil {
		panic("joinhandle: NewJoinSet with a nil Spawner")
	}
	set := &JoinSet[T]{spawner: s}
	set.running.prev, set.running.next = &set.running, &set.running
	return set
}

// Spawn makes f a task of the set, as the function [Spawn] does.
func (s *JoinSet[T]) Spawn(f core.Future[T]) AbortHandle {
	if f == nil {
		panic("joinhandle: JoinSet.Spawn of a nil Future")
	}
	return s.add(task.New(f))
}

// Go makes body a task of the set, as the function [Go] does.
func (s *JoinSet[T]) Go(body func(co *coro.Co) (T, error)) AbortHandle {
	if body == nil {
		panic("joinhandle: JoinSet.Go of a nil body")
	}
	return s.add(coro.New(body))
}

func (s *JoinSet[T]) add(slot *task.Slot[T]) AbortHandle {
	m := &member[T]{set: s, slot: slot}
	s.mu.Lock()
	head := &s.running
	m.prev, m.next = head.prev, head
	head.prev.next, head.prev = m, m
	s.n++
	s.mu.Unlock()
	h := start(s.spawner, slot)
	if !slot.Watch(m) {
		m.Wake() // it has ended already
	}
	return h.AbortHandle()
}

// Wake is called once, by the task's end.
func (m *member[T]) Wake() {
	s := m.set
	s.mu.Lock()
	if m.next == nil { // detached
		s.mu.Unlock()
		return
	}
	m.unlink()
	s.ended = append(s.ended, m)
	waiters := s.waiters
	s.waiters = nil
	s.mu.Unlock()
	for _, w := range waiters {
		w.Wake()
	}
}

func (m *member[T]) unlink() {
	m.prev.next, m.next.prev = m.next, m.prev
	m.prev, m.next = nil, nil
}

// Len returns the number of tasks that have not been joined.
func (s *JoinSet[T]) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.n
}

// TryJoin returns the output of a task that has ended, if there is one.
func (s *JoinSet[T]) TryJoin() (Joined[T], bool) {
	s.mu.Lock()
	m := s.take()
	s.mu.Unlock()
	if m == nil {
		return Joined[T]{}, false
	}
	return m.output(), true
}

// take removes the first member that has ended. Under s.mu.
func (s *JoinSet[T]) take() *member[T] {
	if s.first == len(s.ended) {
		return nil
	}
	m := s.ended[s.first]
	s.ended[s.first] = nil
	if s.first++; s.first == len(s.ended) {
		s.ended, s.first = s.ended[:0], 0
	}
	s.n--
	return m
}

func (m *member[T]) output() Joined[T] {
	h := JoinHandle[T]{m.slot}
	r, _ := h.TryJoin()
	return Joined[T]{h.ID(), r}
}

// PollJoin is Join in poll style: it is ready with an output when a task has ended, ready with
// ErrEmpty when the set has none left, and otherwise not ready, with the context's waker to be woken
// when one ends. A future that gives up waiting calls Unwait.
func (s *JoinSet[T]) PollJoin(cx *core.Context) (j Joined[T], ready bool, err error) {
	m, err := s.await(cx.Waker())
	switch {
	case err != nil:
		return j, true, err
	case m == nil:
		return j, false, nil
	}
	return m.output(), true, nil
}

// await takes a member that has ended, or adds w to the waiters.
func (s *JoinSet[T]) await(w core.Waker) (*member[T], error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := s.take(); m != nil {
		return m, nil
	}
	if s.n == 0 {
		return nil, ErrEmpty
	}
	for _, have := range s.waiters {
		if have == w {
			return nil, nil
		}
	}
	s.waiters = append(s.waiters, w)
	return nil, nil
}

// Unwait takes back the waker of a PollJoin that is given up. Nobody else misses anything by it:
// all waiters are woken by each end.
func (s *JoinSet[T]) Unwait(w core.Waker) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, have := range s.waiters {
		if have == w {
			s.waiters = append(s.waiters[:i], s.waiters[i+1:]...)
			return
		}
	}
}

// Join suspends the body of co until a task of the set has ended, and returns its output: what
// became of the task is in Joined.Err. The error is ErrEmpty if the set has no task left, or why co
// was cancelled.
func (s *JoinSet[T]) Join(co *coro.Co) (Joined[T], error) {
	j, err := coro.Await[joinedOrEmpty[T]](co, &joining[T]{set: s})
	if err != nil {
		return j.joined, err
	}
	return j.joined, j.err
}

// Wait is Join for a goroutine outside the runtime: it blocks until a task has ended, or until ctx
// is done, and then returns its cause.
func (s *JoinSet[T]) Wait(ctx context.Context) (Joined[T], error) {
	wake := make(chan struct{}, 1)
	w := core.WakerFunc(func() {
		select {
		case wake <- struct{}{}:
		default:
		}
	})
	for {
		m, err := s.await(w)
		if err != nil {
			return Joined[T]{}, err
		}
		if m != nil {
			return m.output(), nil
		}
		select {
		case <-wake:
		case <-ctx.Done():
			s.Unwait(w)
			return Joined[T]{}, context.Cause(ctx)
		}
	}
}

// All ranges over the outputs as the tasks end, until the set is empty, or co is cancelled, which
// is what the error says.
func (s *JoinSet[T]) All(co *coro.Co) iter.Seq2[Joined[T], error] {
	return func(yield func(Joined[T], error) bool) {
		for {
			j, err := s.Join(co)
			if err == ErrEmpty || !yield(j, err) || err != nil {
				return
			}
		}
	}
}

// AbortAll aborts every task of the set. They are still joined.
func (s *JoinSet[T]) AbortAll() {
	for _, m := range s.members() {
		m.slot.Abort()
	}
}

// DetachAll empties the set. Its tasks run on, and their outputs are lost.
func (s *JoinSet[T]) DetachAll() { s.clear() }

// Drop aborts every task and empties the set: whoever waits gets ErrEmpty.
func (s *JoinSet[T]) Drop() {
	s.AbortAll()
	s.clear()
}

func (s *JoinSet[T]) members() []*member[T] {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []*member[T]
	for m := s.running.next; m != &s.running; m = m.next {
		all = append(all, m)
	}
	return all
}

func (s *JoinSet[T]) clear() {
	s.mu.Lock()
	for s.running.next != &s.running {
		s.running.next.unlink()
	}
	s.ended, s.first, s.n = nil, 0, 0
	waiters := s.waiters
	s.waiters = nil
	s.mu.Unlock()
	for _, w := range waiters {
		w.Wake()
	}
}

// joining is the future of Join.
type joining[T any] struct {
	set   *JoinSet[T]
	waker core.Waker
}

type joinedOrEmpty[T any] struct {
	joined Joined[T]
	err    error
}

func (j *joining[T]) Poll(cx *core.Context) (joinedOrEmpty[T], bool) {
	joined, ready, err := j.set.PollJoin(cx)
	if !ready {
		j.waker = cx.Waker()
	}
	return joinedOrEmpty[T]{joined, err}, ready
}

func (j *joining[T]) Drop() {
	if j.waker != nil {
		j.set.Unwait(j.waker)
	}
}
