package coro

import (
	"fmt"
	"io"
	"sync"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/task"
)

// A Group is a set of tasks, its children, that end before the call of [WithGroup] that opened it returns.
//
//	open ---the body returns or panics---> joining ---the last child ends---> over
//	  \_______________________________________/
//	      the first failure: the children and the awaits of the body are cancelled
//
// Children may run on other workers than the body and may end at any time. One lock guards the state that they
// share, and no code of the user runs under it.
//
// No wake is lost. There are three waits: the body waits for the end of the last child, [Group.Do] waits for a
// permit to start a child, and a range over [Results] waits for a value.
//
//	The waiter:             1. checks the state and registers itself, under the lock;  2. suspends.
//	A child that ends:      1. changes the state and picks the waiters, under the lock; 2. wakes them.
//
// So either the waiter sees the change, or the child finds the waiter. A child that ends passes its permit to the
// waiter that has waited longest; the permit is not free in between. A waiter that has got a permit and cannot use
// it passes the permit on.
type Group struct {
	scope cancelScope // that of the body
	opts  GroupOptions

	mu       sync.Mutex
	permits  int              // in use: by children that run, and by callers of Do that are about to start one
	running  children         // that can be aborted
	waiting  children         // for a permit
	cause    error            // the first failure
	panicked *task.PanicError // the first panic of a child
	refused  error            // the first error of Do
	joining  bool             // the body waits for the end of the last child
	over     bool
}

// GroupOptions are the options of [WithGroup]. The zero value selects the defaults.
type GroupOptions struct {
	// Limit is the greatest number of children that run at once. [Group.Do] waits while as many run.
	// Zero means no limit.
	Limit int
	// Inherit makes the values of the Co that starts a child visible in the child.
	Inherit bool
}

// WithGroup runs body with a Group, and returns when body and all children of the group have ended.
//
// Without a failure, WithGroup waits for the children; [Group.AbortAll] ends children that would run for ever.
// The first failure, an error or a panic of a child or of body, cancels the rest: the children are aborted and run
// their clean-up, and awaits in body fail with a [*CancelError] that wraps the failure.
//
// When all have ended, WithGroup
//
//   - panics if a child has panicked. The value is a *task.PanicError with the stack of the first panic of a child;
//     its Value is a [*ChildPanic], which names the child. A panic of body itself continues.
//   - otherwise returns the first error of a child or of body;
//   - without such an error returns the first error of a [Group.Do] that has not started its child.
//
// An abort of the task, or the cancellation of an enclosing scope, aborts the children, and WithGroup still waits for
// them. So after WithGroup the caller owns again what the children have used. A runtime that closes at once
// is the exception: it ends body and children in an unspecified order.
//
// The children are tasks of the worker that the body is on. They do not have the deadlines and values of the body: an
// expired deadline aborts them, and [GroupOptions].Inherit makes the values visible.
func WithGroup(co *Co, opts GroupOptions, body func(co *Co, g *Group) error) error {
	if body == nil {
		panic("coro: WithGroup with a nil body")
	}
	if opts.Limit < 0 {
		panic(fmt.Sprintf("coro: WithGroup with a Limit of %d", opts.Limit))
	}
	g := &Group{opts: opts}
	return g.scope.run(co, func(co *Co) error {
		returned := false
		defer func() {
			if !returned { // body has panicked, or is unwound by force
				g.fail(core.ErrCancelled)
				g.join()
			}
		}()
		if err := body(co, g); err != nil {
			g.fail(err)
		}
		returned = true
		g.join()
		return g.outcome()
	})
}

// outcome returns the result of WithGroup, or panics with that of a child. All children have ended, so it needs no
// lock.
func (g *Group) outcome() error {
	if g.panicked != nil {
		panic(g.panicked)
	}
	if g.cause == nil {
		return g.refused
	}
	return g.cause
}

// Do starts body as a child of the group. co is the Co of the caller: the body of the group, or a child, which may
// start siblings. At the limit, Do suspends the caller until a child has ended; callers proceed in the order in
// which they came. (Children that hold all permits and each wait for another in Do wait for ever.)
//
// A child that was started begins, also if it is aborted before: then its awaits fail from the first on. An
// error says that the child was not started, because the caller or the group was cancelled, or because the runtime
// shuts down; the caller then still owns what was meant for the child, unless it was passed by [Group.DoOwning].
// The error counts as an error of the group, as the error of a child does, so the caller may ignore it: WithGroup
// returns it unless there is an earlier failure.
func (g *Group) Do(co *Co, body func(co *Co) error) error {
	if body == nil {
		panic("coro: Do of a nil body")
	}
	return start[struct{}](g, co, nil, errorBody[struct{}](body))
}

// DoOwning is Do for a body that takes r over: see [NewOwning]. If no child is started, for any reason, DoOwning
// closes r.
func (g *Group) DoOwning(co *Co, r io.Closer, body func(co *Co) error) error {
	if body == nil {
		panic("coro: DoOwning of a nil body")
	}
	return startOwning[struct{}](g, co, nil, r, errorBody[struct{}](body))
}

// AbortAll aborts the children that the group has now. A child that ends so is no failure of the group.
func (g *Group) AbortAll() {
	g.mu.Lock()
	running := g.running.all()
	for _, c := range running {
		c.aborted = true
	}
	g.mu.Unlock()
	for _, c := range running {
		c.task.Abort()
	}
}

// Len returns the number of children that have not ended.
func (g *Group) Len() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.running.n
}

const textZeroGroup = "coro: Group is zero: it was not opened by WithGroup"

func (g *Group) isZero() bool { return g.scope.co.bodyState == nil }

// start waits for a permit and makes body a child.
func start[T any, B body[T]](g *Group, co *Co, r *Results[T], b B) error {
	if g.isZero() {
		panic(textZeroGroup)
	}
	co.assertOwner()
	if g.opts.Inherit {
		if values := co.Values(); values != nil {
			return startChild(g, co, r, inheritingBody[T, B]{b, values})
		}
	}
	return startChild(g, co, r, b)
}

func startChild[T any, B body[T]](g *Group, co *Co, r *Results[T], b B) error {
	c := newChild(g, r, b)
	got := false
	if r != nil {
		r.expect()
		defer func() {
			if !got { // or unwound by force
				r.unexpect()
			}
		}()
	}
	if err := g.acquirePermit(co, c); err != nil {
		g.refuse(co, err)
		return err
	}
	got = true
	return c.spawn(co)
}

// startOwning is start for a body that takes r over. A child that start does not start never begins, unless
// its host gives up the child at this moment: see owner.
func startOwning[T any, B body[T]](g *Group, co *Co, results *Results[T], r io.Closer, b B) error {
	o := newOwner(r)
	started := false
	defer func() {
		if !started { // or unwound by force
			o.close()
		}
	}()
	err := start(g, co, results, owningBody[T, B]{b, &o})
	started = err == nil
	return err
}

// acquirePermit gets a permit for c, and counts c among the running children.
func (g *Group) acquirePermit(co *Co, c *child) error {
	if err := co.Interrupted(); err != nil {
		return err
	}
	g.mu.Lock()
	switch {
	case g.over:
		g.mu.Unlock()
		panic("coro: the Group has ended, and starts no more children")
	case g.cause != nil:
		err := &CancelError{Cause: g.cause}
		g.mu.Unlock()
		co.spend() // a caller that is not cancelled itself may retry for ever
		return err
	case g.opts.Limit == 0 || g.permits < g.opts.Limit:
		g.permits++
		g.running.push(c)
		g.mu.Unlock()
		return nil
	}
	c.waker = co.task
	g.waiting.push(c)
	g.mu.Unlock()
	got := false
	defer func() {
		if !got { // cancelled, or unwound by force
			g.withdraw(c)
		}
	}()
	for {
		co.cx.Waits(core.WaitLock)
		if err := co.Suspend(); err != nil {
			return err
		}
		var err error
		if got, err = g.usePermit(c); got || err != nil {
			return err
		}
	}
}

// usePermit makes c, which has waited, a running child if it has got a permit and may use it.
func (g *Group) usePermit(c *child) (got bool, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.cause != nil {
		return false, &CancelError{Cause: g.cause}
	}
	if c.in == &g.waiting {
		return false, nil
	}
	g.running.push(c)
	return true, nil
}

// withdraw takes c out of the waiting children, or passes on the permit that it has got.
func (g *Group) withdraw(c *child) {
	g.mu.Lock()
	var next core.Waker
	if c.in == &g.waiting {
		g.waiting.remove(c)
	} else {
		next = g.releasePermit()
	}
	g.mu.Unlock()
	wake(next)
}

// releasePermit passes the permit of an ended child to the first that waits, and returns the waker of that caller.
// If none waits, and the permit was the last one in use, it returns the waker of the body, if that is joining. In a
// group that has failed, a caller that gets a permit finds the failure and passes the permit on. Under g.mu.
func (g *Group) releasePermit() core.Waker {
	g.permits--
	if next := g.waiting.first; next != nil {
		g.waiting.remove(next)
		g.permits++
		return next.waker
	}
	if g.permits == 0 && g.joining {
		return g.scope.co.task
	}
	return nil
}

// refuse records the error of a Do. It leaves out the abort of a child, which the end of that child reports.
func (g *Group) refuse(co *Co, err error) {
	if err == core.ErrCancelled && co.bodyState != g.scope.co.bodyState {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.refused == nil {
		g.refused = err
	}
}

// fail cancels everything because of err, if it is the first failure.
func (g *Group) fail(err error) {
	g.mu.Lock()
	first := g.recordFailure(err)
	g.mu.Unlock()
	if first {
		g.cancelAll(err)
	}
}

// recordFailure records a failure, and reports whether it is the first one: then the caller has to call cancelAll.
// No child is started from here on. Under g.mu.
func (g *Group) recordFailure(err error) (first bool) {
	first = g.cause == nil
	if first {
		g.cause = err
	}
	return first
}

func (g *Group) cancelAll(err error) {
	g.scope.cancel(&CancelError{Cause: err})
	g.AbortAll()
}

// join waits for the end of the last child. An abort does not end this wait: it makes the children end.
func (g *Group) join() {
	body := g.scope.co.bodyState
	for !g.endOrAwait() {
		err := body.cancelled(g.scope.parent)
		if body.dropping {
			g.fail(core.ErrCancelled)
			return // there is no worker to wait on
		}
		if err != nil {
			g.fail(err)
		}
		body.cx.Waits(core.WaitJoin)
		body.suspend()
	}
}

// endOrAwait ends the group if no child is left, and reports whether it did. Otherwise it registers the body, which
// the end of the last child then wakes.
func (g *Group) endOrAwait() (ended bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.over = g.permits == 0
	g.joining = !g.over
	return g.over
}

func wake(w core.Waker) {
	if w != nil {
		w.Wake()
	}
}
