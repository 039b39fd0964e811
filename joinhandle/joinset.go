package joinhandle

import (
	"context"
	"io"
	"iter"
	"sync"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
)

// A JoinSet holds tasks with outputs of one type and joins them in the order in which they end.
//
//	Spawn, Go, Do → running → (the task ends) → ended → Join, TryJoin, ... → out of the set
//
// Adding, ending and joining are O(1), whatever the number of tasks. Any number of goroutines and tasks may call the
// methods at once; those that add a task are as safe as the set's Spawner is. Each output goes to one waiter: an end
// wakes the waiter that has waited longest. The zero JoinSet is empty, and the methods that add a task panic.
//
// No end is missed.
//
//	The end of a task: 1. moves the task to the ended list and picks a waiter, under the lock; 2. wakes the waiter.
//	A waiter:          1. finds no ended task and registers its waker, under the lock;         2. suspends.
//
// So either the waiter finds the task, or the end of the task finds the waker. A waiter that was woken and gives up, or
// finds nothing, passes the wake on if there is an ended task still; see [task.WaitQueue]. When the set has no task
// left, all waiters are woken.
type JoinSet[T any] struct {
	spawner core.Spawner

	mu             sync.Mutex
	running, ended list[T]
	n              int            // of both
	waiters        task.WaitQueue // for the ended tasks
}

// A Joined is the output of one task of a set: Value and Err are those of the task's [core.Result].
type Joined[T any] struct {
	ID uint64 // of the task
	core.Result[T]
}

// NewJoinSet returns an empty set whose tasks are spawned on s: a runtime, or a Context or Co.
func NewJoinSet[T any](s core.Spawner) *JoinSet[T] {
	if s == nil {
		panic("joinhandle: NewJoinSet with a nil Spawner")
	}
	return &JoinSet[T]{spawner: core.Kept(s)}
}

// Spawn makes f a task of the set. If the spawner accepts no tasks any more, f is dropped, and the set has the
// task's end to join.
func (s *JoinSet[T]) Spawn(f core.Future[T]) AbortHandle {
	if f == nil {
		panic("joinhandle: JoinSet.Spawn of a nil Future")
	}
	return s.add(task.New(f))
}

// Go makes the straight-line body a task of the set, as Spawn does.
func (s *JoinSet[T]) Go(body func(co *coro.Co) (T, error)) AbortHandle {
	if body == nil {
		panic("joinhandle: JoinSet.Go of a nil body")
	}
	return s.add(coro.New(body))
}

// GoOwning is Go for a body that takes r over: see coro.NewOwning.
func (s *JoinSet[T]) GoOwning(r io.Closer, body func(co *coro.Co) (T, error)) AbortHandle {
	if body == nil {
		panic("joinhandle: JoinSet.GoOwning of a nil body")
	}
	return s.add(coro.NewOwning(r, body))
}

// Do is Go for a body that returns an error only, as those of a JoinSet[struct{}] do. The Value is the zero T.
func (s *JoinSet[T]) Do(body func(co *coro.Co) error) AbortHandle {
	if body == nil {
		panic("joinhandle: JoinSet.Do of a nil body")
	}
	return s.add(coro.NewDo[T](body))
}

// DoOwning is GoOwning for a body that returns an error only.
func (s *JoinSet[T]) DoOwning(r io.Closer, body func(co *coro.Co) error) AbortHandle {
	if body == nil {
		panic("joinhandle: JoinSet.DoOwning of a nil body")
	}
	return s.add(coro.NewDoOwning[T](r, body))
}

const textZeroSet = "joinhandle: JoinSet is zero: it was not returned by NewJoinSet"

func (s *JoinSet[T]) add(slot *task.Slot[T]) AbortHandle {
	if s.spawner == nil {
		slot.ForHost().Kill(core.ErrCancelled) // drops the future, or closes the resource of the body
		panic(textZeroSet)
	}
	m := &member[T]{set: s, slot: slot}
	m.aborter.task.Store(&slot.Task)
	s.mu.Lock()
	s.running.push(m)
	s.n++
	s.mu.Unlock()
	spawned := false
	defer func() {
		if !spawned { // the spawner panicked, and Start has ended the task
			s.remove(m)
		}
	}()
	slot.Watch(m) // before the task can end: a panic that the set gets is not reported as one that is not joined
	Start(s.spawner, slot)
	spawned = true
	return AbortHandle{&m.aborter, slot.ID()}
}

// remove takes m out of the set, unless it was joined, and wakes all waiters if m was the last.
func (s *JoinSet[T]) remove(m *member[T]) {
	s.mu.Lock()
	if m.in != nil {
		m.in.remove(m)
		m.slot = nil
		s.n--
	}
	s.unlock()
}

// Len returns the number of tasks that have not been joined, running or ended.
func (s *JoinSet[T]) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.n
}

// TryJoin returns the output of a task that has ended; ok is false if there is none.
func (s *JoinSet[T]) TryJoin() (j Joined[T], ok bool) {
	s.mu.Lock()
	m := s.popEnded()
	s.unlock()
	if m == nil {
		return j, false
	}
	return m.takeOutput(), true
}

// PollJoin is Join in poll style. It is ready with an output when a task has ended, and ready with ErrEmpty when the set
// has no task left. Otherwise it is not ready, and has registered the context's waker, which an end wakes. A future that
// gives up waiting calls Unwait with that waker, and so does a future that continues with another waker: the first one may
// have been woken, and Unwait passes the wake on.
func (s *JoinSet[T]) PollJoin(cx *core.Context) (j Joined[T], ready bool, err error) {
	if !cx.Spend() {
		return j, false, nil
	}
	m, err := s.popOrWait(cx.Waker())
	switch {
	case err != nil:
		return j, true, err
	case m == nil:
		cx.Refund()
		return j, false, nil
	}
	return m.takeOutput(), true, nil
}

// Unwait takes back the waker of a PollJoin that is given up.
func (s *JoinSet[T]) Unwait(w core.Waker) {
	s.mu.Lock()
	s.waiters.Leave(w)
	s.unlock()
}

// Join suspends the body of co until a task of the set has ended, and returns the task's output; Joined.Err says how the
// task has ended. The second result is ErrEmpty if the set has no task left, or the reason why co was cancelled; then
// nothing was joined.
func (s *JoinSet[T]) Join(co *coro.Co) (Joined[T], error) {
	r, err := coro.Await(co, &joinFuture[T]{set: s})
	if err != nil {
		return r.joined, err
	}
	return r.joined, r.err
}

// Wait is Join for a goroutine outside the runtime: it blocks until a task has ended, or until ctx is done, and then
// returns the cause of ctx. Inside a task it returns an error that wraps core.ErrNested, as [JoinHandle.Wait] does.
func (s *JoinSet[T]) Wait(ctx context.Context) (j Joined[T], err error) {
	if coro.Nested(ctx) {
		return j, errNestedSetWait
	}
	if j, ok := s.TryJoin(); ok {
		return j, nil
	}
	if coro.Inside() { // it would block, unless the set is empty
		if s.Len() == 0 {
			return j, ErrEmpty
		}
		return j, errNestedSetWait
	}
	woken := make(signal, 1)
	for {
		m, err := s.popOrWait(woken)
		switch {
		case err != nil:
			return j, err
		case m != nil:
			return m.takeOutput(), nil
		}
		select {
		case <-woken:
		case <-ctx.Done():
			if m := s.popOrLeave(woken); m != nil { // an output beats a simultaneous cancellation
				return m.takeOutput(), nil
			}
			return j, context.Cause(ctx)
		}
	}
}

// All ranges over the outputs as the tasks end, until the set is empty. If co is cancelled, the last iteration has the
// error that says why, and no output.
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

// AbortAll aborts every task of the set. The tasks stay in the set until they are joined.
func (s *JoinSet[T]) AbortAll() {
	s.mu.Lock()
	running := s.running.all()
	s.mu.Unlock()
	abortAll(running)
}

// DetachAll empties the set. The tasks run on, and their outputs are discarded. The runtime reports their panics, as
// those of every task that is not joined. Waiters get ErrEmpty.
func (s *JoinSet[T]) DetachAll() { s.clear() }

// Drop aborts every task of the set and empties it. Waiters get ErrEmpty. The set can be used again. A body defers Drop;
// a future that embeds a set calls it in its own Drop.
func (s *JoinSet[T]) Drop() { abortAll(s.clear()) }

// abortAll is called without the lock: an abort runs code of the task's scheduler.
func abortAll[T any](ms []*member[T]) {
	for _, m := range ms {
		m.aborter.abort()
	}
}

// clear takes all members out, and returns those whose tasks run.
func (s *JoinSet[T]) clear() (running []*member[T]) {
	s.mu.Lock()
	running = s.running.all()
	for _, m := range running {
		s.running.remove(m)
	}
	for m := s.popEnded(); m != nil; m = s.popEnded() {
		m.slot = nil
	}
	s.n = 0
	s.unlock()
	for _, m := range running {
		m.detach()
	}
	return running
}

// popOrWait takes a member that has ended out of the set, or registers w among the waiters.
func (s *JoinSet[T]) popOrWait(w core.Waker) (m *member[T], err error) {
	early := false
	s.mu.Lock()
	switch m = s.popEnded(); {
	case m != nil:
		early = s.waiters.Leave(w)
	case s.n == 0:
		err = ErrEmpty // and the set has no waiters
	default:
		s.waiters.Wait(w)
	}
	s.unlock()
	if early {
		w.Wake() // no end has woken it; another future that waits by the same waker has to register again
	}
	return m, err
}

// popOrLeave takes a member that has ended, if there is one, and takes w out of the waiters.
func (s *JoinSet[T]) popOrLeave(w core.Waker) *member[T] {
	s.mu.Lock()
	defer s.unlock()
	s.waiters.Leave(w)
	return s.popEnded()
}

// popEnded takes the member that ended first out of the set, or returns nil. Under s.mu.
func (s *JoinSet[T]) popEnded() *member[T] {
	m := s.ended.first
	if m != nil {
		s.ended.remove(m)
		s.n--
	}
	return m
}

// unlock releases s.mu after a change, and then wakes the waiters that the change is for.
func (s *JoinSet[T]) unlock() {
	waiters := s.toWake()
	s.mu.Unlock()
	waiters.Wake()
}

// toWake returns the waiters that a change is for. It needs s.mu.
func (s *JoinSet[T]) toWake() task.WakerSet {
	if s.n == 0 {
		return s.waiters.TakeAll()
	}
	return s.waiters.Next(s.ended.n)
}

// A joinFuture is the future of JoinSet.Join.
type joinFuture[T any] struct {
	set   *JoinSet[T]
	waker core.Waker // registered in the set, unless nil
}

type joinedOrEmpty[T any] struct {
	joined Joined[T]
	err    error
}

func (f *joinFuture[T]) Poll(cx *core.Context) (joinedOrEmpty[T], bool) {
	joined, ready, err := f.set.PollJoin(cx)
	if !ready {
		f.waker = cx.Waker()
	}
	return joinedOrEmpty[T]{joined, err}, ready
}

func (f *joinFuture[T]) Drop() {
	if f.waker != nil {
		f.set.Unwait(f.waker)
	}
}
