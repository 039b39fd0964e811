package coro

import (
	"runtime"
	"sync/atomic"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/task"
)

// A Co is passed to a body, and to each call of the body that may wait. The package comment lists its permitted users. It
// implements [core.Spawner], which spawns on the worker that the body is on, and [context.Context].
//
// A body gets one Co, and another one for each scope that it opens ([WithTimeout] and the like). For awaits they are the
// same: an await observes every scope that the body is in. As a context, each Co is that of its own scope, so it can be
// passed to goroutines that outlive the scope.
type Co struct {
	*bodyState
	scope *cancelScope // whose context it is; nil for the whole body
}

// A bodyState is the state of a body, which all its Cos share. Only the body and the worker that polls it use it, except
// for watch and over.
type bodyState struct {
	task      *task.Task
	cx        *core.Context // of the poll under way
	coroutine *coroutine    // nil before the first poll and after the end
	innermost *cancelScope  // which awaits observe
	watch     atomic.Pointer[watch]
	over      atomic.Bool // the body has ended
	ignored   uint16      // the awaits that have failed in a row because of the abort: see maxIgnored
	dropping  bool        // no await suspends any more
	result    task.Poll
}

// begin gives the body a coroutine.
func (s *bodyState) begin(cx *core.Context, j job) {
	s.coroutine = poolOf(cx.Worker()).get()
	s.coroutine.job = j
}

// drop runs the body to its end, with every await failing at once.
func (s *bodyState) drop() {
	c := s.coroutine
	if c == nil {
		return
	}
	s.dropping = true
	c.next()
	if s.result == task.Pending {
		panic("coro: a dropped body was suspended")
	}
	s.ended()
}

// ended gives the coroutine back to the pool of the worker that the body has ended on.
func (s *bodyState) ended() {
	c := s.coroutine
	s.coroutine = nil
	s.over.Store(true)
	if w := s.watch.Load(); w != nil {
		w.close()
	}
	poolOf(s.cx.Worker()).put(c)
	s.cx = nil
}

// Context returns the poll context. It is valid until the next await.
func (co *Co) Context() *core.Context {
	co.assertOwner()
	return co.cx
}

// Spawn schedules t on the worker that the body is on.
func (co *Co) Spawn(t core.Task) error {
	co.assertOwner()
	return co.cx.Spawn(t)
}

// Await polls f until f is ready, and suspends the body in between. It takes f over: if Await fails, it drops f. The
// error is that of the cancellation that ended the wait: it wraps core.ErrCancelled if the task was aborted, or is the
// error of an enclosing scope ([WithTimeout], [WithCancel]). In a scope that is cancelled already, Await fails without a
// poll. If f is ready when a cancellation ends the wait, Await returns the value.
func Await[T any](co *Co, f core.Future[T]) (value T, err error) {
	if f == nil {
		panic("coro: Await of a nil Future")
	}
	pending := true
	defer func() {
		if pending { // failed, panicked, or unwound by force
			core.Drop(f)
		}
	}()
	co.assertOwner()
	if err = co.Interrupted(); err != nil {
		return value, err
	}
	for {
		v, ok := f.Poll(co.cx)
		if ok {
			pending = false
			return v, nil
		}
		if err = co.Interrupted(); err != nil {
			return value, err // no further wake of the task is certain
		}
		co.beforeSwitch().yield(struct{}{})
		if co.dropping { // there is no worker to poll on
			return value, co.Interrupted()
		}
	}
}

// Suspend parks the body until its task is woken. It is the await of operations in poll style: such an operation arranges
// for a wake with co.Context(), calls Suspend and tries again. The wake may be spurious. If Suspend returns an error, the
// operation takes back what it has arranged.
func (co *Co) Suspend() error {
	co.assertOwner()
	if err := co.Interrupted(); err != nil {
		return err // no further wake of the task is certain
	}
	co.beforeSwitch().yield(struct{}{})
	return co.Interrupted()
}

// Yield lets other tasks run: the body goes to the back of the worker's queue.
func (co *Co) Yield() error {
	co.assertOwner()
	if err := co.Interrupted(); err != nil {
		return err
	}
	co.cx.Yield()
	co.beforeSwitch().yield(struct{}{})
	return co.Interrupted()
}

// Interrupted returns the error with which an await would fail now, or nil. Operations in poll style call it before their
// first try. An error that it returns counts as a failed await.
func (co *Co) Interrupted() error {
	if co.innermost == nil && !co.dropping && !co.task.AbortRequested() {
		return nil
	}
	return co.interrupted()
}

// maxIgnored is how many awaits may fail in a row because of an abort before the body is unwound by force. A clean-up
// fails a few, such as one for each resource that it releases; a body that loops over a failing await has no end. An
// await that a shield lets through ends the row. The bound is a count and no time: a virtual clock may stand still.
// Each failure spends from the budget, so a body that loops yields to other tasks meanwhile.
const maxIgnored = 1000

// forced is the value of bodyState.ignored while the body is unwound by force. A flag beside it would make each task
// longer by a word.
const forced = maxIgnored + 1

func (s *bodyState) interrupted() error {
	s.assertOwner()
	err := s.cancelled(s.innermost)
	if s.dropping {
		err = core.ErrCancelled
	}
	switch {
	case err == nil:
		if s.ignored <= maxIgnored {
			s.ignored = min(s.ignored, 1) // a new row; AbortNoticed stays true
		}
		return nil
	case err != core.ErrCancelled:
		// A scope was cancelled, and the task lives on: a body that retries must not starve the other tasks.
		s.spend()
		return err
	}
	if s.ignored >= maxIgnored {
		s.ignored = forced
		runtime.Goexit()
	}
	s.ignored++
	if !s.dropping { // else there is no worker for the other tasks
		s.spend()
	}
	return err
}

// spend takes one operation from the budget of the poll, and parks the body if none is left: the worker polls the
// task again after the others.
func (s *bodyState) spend() {
	if !s.cx.Spend() {
		s.park()
	}
}

// park switches to the worker, and returns when the task is polled again, or dropped. Hot paths have it written out, which
// saves a return.
func (s *bodyState) park() { s.beforeSwitch().yield(struct{}{}) }

// beforeSwitch prepares the coroutine for the switch to the worker.
func (s *bodyState) beforeSwitch() *coroutine {
	c := s.coroutine
	c.leaveThread()
	return c
}
