package coro

import (
	"runtime"
	"sync/atomic"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/task"
)

// A Co is a body's way to await. See the package comment for who may use it. It implements
// [core.Spawner], which spawns on the worker that the body is on, and [context.Context].
//
// A body gets one Co, and each scope that it opens ([WithTimeout] and the like) another. To await
// with, they are the same: an await heeds every scope it is in. As a context each stands for its
// own scope for good, so that it can be handed to goroutines that outlive the scope.
type Co struct {
	*strand
	view *cancelScope // the scope whose context it is; nil stands for the whole body
}

// A strand is what all Cos of a body share.
type strand struct {
	task      *task.Task
	cx        *core.Context // of the poll under way
	coroutine *coroutine    // nil before the first poll and after the end
	scope     *cancelScope  // the innermost, which awaits heed
	watch     atomic.Pointer[watch]
	over      atomic.Bool // the body has ended
	ignored   uint16      // awaits that have failed because of the abort, one after the other: see maxIgnored
	dropping  bool        // no await suspends any more
	result    task.Poll
}

// begin gives the body a coroutine.
func (s *strand) begin(cx *core.Context, j job) {
	s.coroutine = poolOf(cx.Worker()).get()
	s.coroutine.job = j
}

// drop runs the body to its end, with every await failing at once.
func (s *strand) drop() {
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

func (s *strand) ended() {
	c := s.coroutine
	s.coroutine = nil
	s.over.Store(true)
	if w := s.watch.Load(); w != nil {
		w.close()
	}
	poolOf(s.cx.Worker()).put(c) // of the worker it ended on
	s.cx = nil
}

// Context returns the poll context. It is valid until the next await.
func (co *Co) Context() *core.Context {
	co.own()
	return co.cx
}

// Spawn schedules r on the worker that the body is on.
func (co *Co) Spawn(r core.Task) error {
	co.own()
	return co.cx.Spawn(r)
}

// Await polls f until it answers, suspending the body in between. It takes f over: f is dropped
// if Await fails. The error is that of the cancellation that ended the wait: it wraps
// core.ErrCancelled if the task was aborted, or is that of a scope around ([WithTimeout],
// [WithCancel]). Awaiting in a scope that is cancelled already fails without a poll; a value that
// is there when a cancellation ends the wait beats it.
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
	co.own()
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
			return value, err // nobody may be left to wake the task
		}
		co.leaving().yield(struct{}{})
		if co.dropping { // there is no worker to poll on
			return value, co.Interrupted()
		}
	}
}

// Suspend parks the body until its task is woken. It is the await of operations in poll style:
// they arrange for a wake with co.Context(), call Suspend and try again. The wake may be
// spurious. On an error the operation takes back what it arranged.
func (co *Co) Suspend() error {
	co.own()
	if err := co.Interrupted(); err != nil {
		return err // nobody may be left to wake the task
	}
	co.leaving().yield(struct{}{})
	return co.Interrupted()
}

// Yield lets other tasks run: the body goes to the back of the queue.
func (co *Co) Yield() error {
	co.own()
	if err := co.Interrupted(); err != nil {
		return err
	}
	co.cx.Yield()
	co.leaving().yield(struct{}{})
	return co.Interrupted()
}

// Interrupted returns the error with which an await would fail now, or nil. Operations in poll
// style call it before their first try. Each error counts as one that the body was told.
func (co *Co) Interrupted() error {
	if co.scope == nil && !co.dropping && !co.task.AbortRequested() {
		return nil
	}
	return co.interrupted()
}

// maxIgnored is how many awaits may fail in a row because of an abort before the body is unwound by force. A
// clean-up fails a few, one for each thing that it releases, say; a body that spins fails without end. An await
// that a shield lets through ends the row. Time is no measure: a body may spin on a clock that stands still.
// Each failure spends from the budget, so a body that spins yields to other tasks meanwhile.
const maxIgnored = 1000

// forced is what strand.ignored is while the body is being unwound by force. A flag beside it would make a
// strand, and with it each task, longer by a word.
const forced = maxIgnored + 1

func (s *strand) interrupted() error {
	s.own()
	err := s.cancelled(s.scope)
	if s.dropping {
		err = core.ErrCancelled
	}
	switch {
	case err == nil:
		if s.ignored <= maxIgnored {
			s.ignored = min(s.ignored, 1) // a new row; that the body was told stays true
		}
		return nil
	case err != core.ErrCancelled:
		// A scope: the task lives on, so a body that retries must not starve the others.
		s.spend()
		return err
	}
	if s.ignored >= maxIgnored {
		s.ignored = forced
		runtime.Goexit()
	}
	s.ignored++
	if !s.dropping { // there is no worker for the others either
		s.spend()
	}
	return err
}

// spend takes an operation from the budget of the poll, and lets others run if there is none left.
func (s *strand) spend() {
	if !s.cx.Spend() {
		s.park()
	}
}

// park switches to the worker and returns when the task is polled again, or dropped. Where it is
// hot it is written out, for the sake of one return less.
func (s *strand) park() { s.leaving().yield(struct{}{}) }

// leaving is what comes before the switch.
func (s *strand) leaving() *coroutine {
	c := s.coroutine
	c.leaveThread()
	return c
}
