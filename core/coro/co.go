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
//
// A context that is derived from a Co, as by context.WithTimeout(co, ...), bounds no await of the body: nothing awaits with
// it. Open a scope instead, with [WithTimeout], or with [WithContext] for a context that exists already.
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
	ignored   uint16      // how many awaits have failed in a row because the task is to end: see noneIgnored
	dropping  bool        // no await suspends any more
	result    task.Poll
}

// begin gives the body a coroutine.
func (s *bodyState) begin(p *Pool, j job) {
	c := p.get(j)
	c.job = j
	s.coroutine = c
}

// resume lets the body, whose poll has begun, go on, until its worker's goroutine is to go on itself. By then
// coroutines may have handed the worker on: resume returns how the poll that is to be ended now has ended.
func (s *bodyState) resume(cx *core.Context, j job) task.Poll {
	p := poolOf(cx.Worker(), s.coroutine)
	c := s.coroutine
	if c == nil {
		s.begin(p, j)
		c = s.coroutine
	}
	s.cx = cx
	c.pool = p
	p.current = s
	c.leaveThread() // in case a future that was polled before has locked it
	if p.home.take(&c.party); p.home.at.nexted {
		p.home.at.next()
	} else {
		p.home.at.yield(struct{}{})
	}
	result := task.Over
	if s = p.current; s != nil {
		p.current = nil
		if result = s.result; result != task.Pending {
			s.ended(p)
		}
	}
	if len(p.idle) > p.limit || len(p.broken) > 0 {
		p.trim()
	}
	p.home.at = berth{}
	return result
}

// drop runs the body, which has a coroutine, to its end, with every await failing at once. The caller is the worker's
// goroutine, or a coroutine whose body spawns a task on a worker that refuses it: that one takes the place of the worker's
// goroutine meanwhile.
func (s *bodyState) drop() {
	c := s.coroutine
	s.dropping = true
	p := c.pool
	at, current := p.home.at, p.current
	p.current = s
	p.home.pass(&c.party)
	if s.result == task.Pending {
		panic("coro: a dropped body was suspended")
	}
	p.current = nil
	s.ended(p)
	if at.owner == nil { // else the worker's goroutine is parked, and reclaim could move it: resume trims
		p.trim()
	}
	p.home.at, p.current = at, current
}

// ended notes the end of the body, and gives its coroutine to p, the pool of the worker that the body has ended on.
func (s *bodyState) ended(p *Pool) {
	c := s.coroutine
	s.coroutine = nil
	if w := s.endWatch(); w != nil {
		w.close()
	}
	s.cx = nil
	p.put(c)
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
		if b := co.leave(); b != nil { // as suspend: see there
			if b.nexted {
				b.next()
			} else {
				b.yield(struct{}{})
			}
			co.back()
		}
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
	if b := co.leave(); b != nil { // as suspend: see there
		if b.nexted {
			b.next()
		} else {
			b.yield(struct{}{})
		}
		co.back()
	}
	return co.Interrupted()
}

// Yield lets other tasks run: the body goes to the back of the worker's queue.
func (co *Co) Yield() error {
	co.assertOwner()
	if err := co.Interrupted(); err != nil {
		return err
	}
	co.cx.Yield()
	if b := co.leave(); b != nil { // as suspend: see there
		if b.nexted {
			b.next()
		} else {
			b.yield(struct{}{})
		}
		co.back()
	}
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

// maxIgnored is how many awaits may fail in a row because of an abort, or of the end of the context of [NewWithContext],
// before the body is unwound by force. A clean-up fails a few, such as one for each resource that it releases; a body that
// loops over a failing await has no end. An await that a shield lets through ends the row. The bound is a count and no
// time: a virtual clock may stand still. Each failure spends from the budget, so a body that loops yields meanwhile.
const maxIgnored = 1000

// These are the values of bodyState.ignored. More fields beside it would make each task longer by a word.
const (
	noneIgnored     = 1 // no await has failed in this row; 0 if none ever has
	lastIgnored     = noneIgnored + maxIgnored
	forced          = lastIgnored + 1 // the body is unwound by force because of an abort
	forcedByContext = lastIgnored + 2
)

func (s *bodyState) interrupted() error {
	s.assertOwner()
	err := s.cancelled(s.innermost)
	if s.dropping {
		err = core.ErrCancelled
	}
	by := uint16(forced)
	switch e, _ := err.(*CancelError); {
	case err == nil:
		if s.ignored <= lastIgnored {
			s.ignored = min(s.ignored, noneIgnored) // a new row; AbortNoticed stays true
		}
		return nil
	case e != nil && e.endsTask:
		by = forcedByContext
	case err != core.ErrCancelled:
		// A scope was cancelled, and the task lives on: a body that retries must not starve the other tasks.
		s.spend()
		return err
	}
	if s.ignored >= lastIgnored {
		if s.ignored == lastIgnored {
			s.ignored = by
		}
		runtime.Goexit()
	}
	s.ignored = max(s.ignored, noneIgnored) + 1
	if !s.dropping { // else there is no worker for the other tasks
		s.spend()
	}
	return err
}

// spend takes one operation from the budget of the poll, and parks the body if none is left: the worker polls the
// task again after the others.
func (s *bodyState) spend() {
	if !s.cx.Spend() {
		s.suspend()
	}
}

// suspend hands the worker on, and returns when the task is polled again, or dropped. Hot paths have it written out: the
// processor mispredicts each return after a switch of stacks.
func (s *bodyState) suspend() {
	if b := s.leave(); b != nil {
		b.swap()
		s.back()
	}
}

// leave chooses the party that goes on, and returns the berth that the body has taken from it, or nil if the body goes on
// itself. The caller swaps there, and then calls back.
func (s *bodyState) leave() *berth {
	c := s.coroutine
	c.leaveThread()
	p := c.pool
	to := &p.home
	if p.opts.Relay != nil && !s.dropping {
		switch next := p.next(s); {
		case next == s:
			if c.observed {
				c.resumeObserved()
			}
			return nil
		case next != nil:
			to = &next.coroutine.party
		}
	}
	c.take(to)
	return &c.at
}

// back is called when the body has been resumed. It returns when the next poll of the body has begun.
func (s *bodyState) back() {
	if c := s.coroutine; c == nil || c.exchanged || c.observed || c.pool.current != s {
		s.backUnusual()
	}
}

// backUnusual is back without a poll under way, of an observed body, or on a foreign goroutine that has taken the place of
// the body's.
func (s *bodyState) backUnusual() {
	c := s.coroutine
	if c != nil && c.exchanged { // the body has ended
		c.exchanged = false
		s.task.Wake()
		c = nil
	}
	if c == nil {
		panic(textForeign)
	}
	c.resumed()
	if c.observed {
		c.resumeObserved()
	}
}
