package joinhandle

import (
	"context"
	"errors"
	"io"
	"iter"
	"sync"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
)

// ErrEmpty is what waiting on a [JoinSet] returns when it has no task left.
var ErrEmpty = errors.New("joinhandle: the set has no task left")

// A JoinSet holds tasks with outputs of one type and joins them in the order in which they end.
//
//	Spawn, Go → running → (the task ends) → ended → Join, TryJoin, ... → out of the set
//
// Adding, ending and joining are O(1), whatever the number of tasks. All methods but Spawn and Go
// are safe for any number of goroutines and tasks; those two are as safe as the spawner is. Each
// output goes to one of those that wait: each end wakes one, the one that has waited longest.
//
// No end is missed. A task that ends (1) enters the ended ones and gives a turn to a waiter, then (2)
// wakes it. A waiter (1) adds its waker, having found no task that has ended, then (2) is suspended.
// Both first steps are under the lock: so either the waiter finds the task, or the task finds the
// waker. A waiter that was woken and gives up, or is woken for nothing, hands its turn on if there is
// something to join still; see [task.WaitQueue]. When the set has no task left, all are woken.
type JoinSet[T any] struct {
	spawner core.Spawner

	mu             sync.Mutex
	running, ended list[T]
	n              int            // of both
	turns          task.WaitQueue // for the ended ones
}

// A Joined is the output of one task of a set.
type Joined[T any] struct {
	ID uint64 // of the task
	core.Result[T]
}

// NewJoinSet makes an empty set whose tasks are spawned on s: a runtime, or a Context or Co.
func NewJoinSet[T any](s core.Spawner) *JoinSet[T] {
	if s == nil {
		panic("joinhandle: NewJoinSet with a nil Spawner")
	}
	return &JoinSet[T]{spawner: core.Kept(s)}
}

// Spawn makes f a task of the set. If the spawner accepts no tasks any more, f is dropped, and the
// set has its end to join.
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

// Do is Go for a body that returns an error only. Its Value is the zero T, as for a JoinSet[struct{}].
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

func (s *JoinSet[T]) add(slot *task.Slot[T]) AbortHandle {
	if s.spawner == nil {
		panic("joinhandle: JoinSet is zero: it was not returned by NewJoinSet")
	}
	m := &member[T]{set: s, slot: slot}
	m.aborter.task.Store(&slot.Task)
	s.mu.Lock()
	s.running.push(m)
	s.n++
	s.mu.Unlock()
	spawned := false
	defer func() {
		if !spawned { // the spawner panicked
			s.forget(m)
		}
	}()
	slot.Watch(m) // before it can end: nobody else has to report its panic
	Start(s.spawner, slot)
	spawned = true
	return AbortHandle{&m.aborter, slot.ID()}
}

// forget takes out a member whose spawn panicked, and wakes all waiters if it was the last.
func (s *JoinSet[T]) forget(m *member[T]) {
	s.mu.Lock()
	if m.in != nil { // Start has ended it
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
	m := s.take()
	s.unlock()
	if m == nil {
		return j, false
	}
	return m.output(), true
}

// PollJoin is Join in poll style: it is ready with an output when a task has ended, ready with
// ErrEmpty when the set has none left, and otherwise not ready, with the context's waker to be
// woken when one ends for it. A future that gives up waiting calls Unwait with that waker, and so
// does one that goes on with another: it may have been woken, and the end is for another waiter then.
func (s *JoinSet[T]) PollJoin(cx *core.Context) (j Joined[T], ready bool, err error) {
	if !cx.Spend() {
		return j, false, nil
	}
	m, err := s.await(cx.Waker())
	switch {
	case err != nil:
		return j, true, err
	case m == nil:
		cx.Refund()
		return j, false, nil
	}
	return m.output(), true, nil
}

// Unwait takes back the waker of a PollJoin that is given up.
func (s *JoinSet[T]) Unwait(w core.Waker) {
	s.mu.Lock()
	s.turns.Leave(w)
	s.unlock()
}

// Join suspends the body of co until a task of the set has ended, and returns its output: what
// became of the task is in Joined.Err. The error is ErrEmpty if the set has no task left, or why
// co was cancelled; nothing was joined then.
func (s *JoinSet[T]) Join(co *coro.Co) (Joined[T], error) {
	r, err := coro.Await(co, &joining[T]{set: s})
	if err != nil {
		return r.joined, err
	}
	return r.joined, r.err
}

// Wait is Join for a goroutine outside the runtime: it blocks until a task has ended, or until ctx
// is done, and then returns its cause. In a task it returns core.ErrNested, as [JoinHandle.Wait] does.
func (s *JoinSet[T]) Wait(ctx context.Context) (Joined[T], error) {
	if coro.Nested(ctx) {
		return Joined[T]{}, core.ErrNested
	}
	if j, ok := s.TryJoin(); ok {
		return j, nil
	}
	if coro.Inside() { // it would block, unless the set is empty
		if s.Len() == 0 {
			return Joined[T]{}, ErrEmpty
		}
		return Joined[T]{}, core.ErrNested
	}
	woken := make(signal, 1)
	for {
		m, err := s.await(woken)
		switch {
		case err != nil:
			return Joined[T]{}, err
		case m != nil:
			return m.output(), nil
		}
		select {
		case <-woken:
		case <-ctx.Done():
			if m := s.giveUp(woken); m != nil { // an output beats a simultaneous cancellation
				return m.output(), nil
			}
			return Joined[T]{}, context.Cause(ctx)
		}
	}
}

// All ranges over the outputs as the tasks end, until the set is empty. If co is cancelled, the
// last round has the error that says why, and no output.
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

// AbortAll aborts every task of the set. They stay in it until they are joined.
func (s *JoinSet[T]) AbortAll() {
	s.mu.Lock()
	running := s.running.all()
	s.mu.Unlock()
	abortAll(running)
}

// DetachAll empties the set. Its tasks run on, and their outputs are lost. Their panics are told as those of
// any task that nobody joins. Who waits gets ErrEmpty.
func (s *JoinSet[T]) DetachAll() { s.clear() }

// Drop aborts every task of the set and empties it. Who waits gets ErrEmpty. The set can be used
// again. A future that embeds a set drops it so; a body defers it.
func (s *JoinSet[T]) Drop() { abortAll(s.clear()) }

// abortAll is called without the lock: it runs code of the tasks' scheduler.
func abortAll[T any](ms []*member[T]) {
	for _, m := range ms {
		m.aborter.abort()
	}
}

// clear takes all members out, and returns those that run.
func (s *JoinSet[T]) clear() (running []*member[T]) {
	s.mu.Lock()
	running = s.running.all()
	for _, m := range running {
		s.running.remove(m)
	}
	for m := s.take(); m != nil; m = s.take() {
		m.slot = nil
	}
	s.n = 0
	s.unlock()
	for _, m := range running {
		m.detach()
	}
	return running
}

// await takes a member that has ended, or adds w to the waiters.
func (s *JoinSet[T]) await(w core.Waker) (m *member[T], err error) {
	early := false
	s.mu.Lock()
	switch m = s.take(); {
	case m != nil:
		early = s.turns.Leave(w)
	case s.n == 0:
		err = ErrEmpty // and nobody waits
	default:
		s.turns.Wait(w)
	}
	s.unlock()
	if early {
		w.Wake() // it had no turn; should another future wait by this waker, that has to come again
	}
	return m, err
}

// giveUp takes a member that has ended, if there is one, and w out of the waiters.
func (s *JoinSet[T]) giveUp(w core.Waker) *member[T] {
	s.mu.Lock()
	defer s.unlock()
	s.turns.Leave(w)
	return s.take()
}

// take removes the member that ended first. Under s.mu.
func (s *JoinSet[T]) take() *member[T] {
	m := s.ended.first
	if m != nil {
		s.ended.remove(m)
		s.n--
	}
	return m
}

// unlock gives up s.mu after any change, and then wakes those who have something to do.
func (s *JoinSet[T]) unlock() {
	var wake task.WakerSet
	if s.n == 0 {
		wake = s.turns.TakeAll()
	} else {
		wake = s.turns.Next(s.ended.n)
	}
	s.mu.Unlock()
	wake.Wake()
}

// A signal is a channel that takes a wake, and lets go of those it has no room for.
type signal chan struct{}

func (s signal) Wake() {
	select {
	case s <- struct{}{}:
	default:
	}
}

// A member is a task of the set, and the waker that its end wakes. An AbortHandle may point into it, so it keeps
// the set only until the task has ended, and the task only until that is joined or lost.
type member[T any] struct {
	aborter    aborter
	set        *JoinSet[T]   // until the task has ended; Wake's alone
	slot       *task.Slot[T] // until it is joined; of the one that takes the member out of the ended ones
	in         *list[T]      // running, ended or, out of the set, nil
	prev, next *member[T]
}

// Wake moves the member to the ended ones, unless it was taken out of the set. It is called once, on any
// goroutine.
func (m *member[T]) Wake() {
	m.aborter.Wake()
	s := m.set
	m.set = nil
	s.mu.Lock()
	if m.in != &s.running {
		m.slot = nil
		s.mu.Unlock()
		return
	}
	s.running.remove(m)
	s.ended.push(m)
	s.unlock()
}

// detach makes the member, which was taken out of the set before it had ended, a bystander of its task: nobody
// will join that. Without the set's lock, for the task's watchers are locked before it.
func (m *member[T]) detach() {
	t := m.aborter.task.Load()
	if t == nil || !t.Unwatch(m) {
		return // Wake has come, or comes this instant
	}
	m.set, m.slot = nil, nil // Wake does not come
	if !t.Watch(&m.aborter) {
		m.aborter.Wake()
	}
}

func (m *member[T]) output() Joined[T] {
	h := JoinHandle[T]{m.slot}
	m.slot = nil
	r, _ := h.TryJoin()
	return Joined[T]{h.ID(), r}
}

// joining is the future of Join.
type joining[T any] struct {
	set   *JoinSet[T]
	waker core.Waker // in the set, unless nil
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
