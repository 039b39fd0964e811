package coro

import (
	"fmt"
	"io"
	"sync"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/task"
)

// A Group is a stretch of a body with tasks that cannot outlive it: its children. [WithGroup] opens
// it.
//
//	open ---the body has returned, or left---> waiting ---no child is left---> over
//	  \____________________________________________/
//	      the first failure: the children and the awaits of the body are cancelled
//
// Children may run on other workers than the body and end at any time, so what they share is under
// a lock, and nobody's code runs under it.
//
// No wake is lost. Who waits (the body for the last child, [Group.Go] for a place, a range over
// [Results] for a value) (1) looks, and leaves word that it waits, then (2) suspends. A child that
// ends (1) changes what was looked at and finds who waits, then (2) wakes it. Both first steps are
// under the lock. A place is handed to the one who has waited longest, not left for anybody to
// take; who has got one and cannot use it any more hands it on.
type Group struct {
	inside cancelScope // what the body is in
	opts   GroupOptions

	mu       sync.Mutex
	places   int              // taken: by children that run, and by those who are to start one
	running  children         // those that may be aborted
	queue    children         // those that wait for a place
	cause    error            // the first failure
	panicked *task.PanicError // the first panic
	refused  error            // the first error of Go
	joining  bool             // the body waits for the last child
	over     bool
}

// GroupOptions are the options of [WithGroup]. The zero value is good.
type GroupOptions struct {
	// Limit is how many children run at once, at most. [Group.Go] waits while there are as many.
	// Zero means no limit.
	Limit int
	// Inherit makes the children see the values of the Co that starts them, as those of their own.
	Inherit bool
}

// WithGroup runs body with a Group, and returns when body and all the children it has started have
// ended.
//
// While nothing fails it waits for them: children that go on for ever are ended with
// [Group.AbortAll]. What fails first cancels the rest: an error or a panic of a child, or of body.
// Children are aborted and run their clean-up, and awaits in body fail with a [*CancelError] that
// wraps the failure. When all have ended, WithGroup panics with the first panic of a child, a
// *task.PanicError that has the child's stack; a panic of body goes on by itself. Otherwise it
// returns the first error, and if there is none, that of a Go that has started nothing.
//
// When an abort of the task or a scope around ends the wait, the children are aborted too, and
// waited for. So the caller can rely on it that nothing of what they use is in use any more. Only a
// runtime that closes at once ends body and children in an order of its own.
//
// The children are tasks of the worker that the body is on. They are aborted, so deadlines and
// values of the body's scopes are not seen in theirs; see [GroupOptions] for the values.
func WithGroup(co *Co, opts GroupOptions, body func(co *Co, s *Group) error) error {
	if body == nil {
		panic("coro: WithGroup with a nil body")
	}
	if opts.Limit < 0 {
		panic(fmt.Sprintf("coro: WithGroup with a Limit of %d", opts.Limit))
	}
	s := &Group{opts: opts}
	return s.inside.run(co, func(co *Co) error {
		returned := false
		defer func() {
			if !returned { // body has panicked, or is unwound by force
				s.fail(core.ErrCancelled)
				s.join()
			}
		}()
		if err := body(co, s); err != nil {
			s.fail(err)
		}
		returned = true
		s.join()
		return s.outcome()
	})
}

// outcome is what WithGroup comes to. Nobody else touches s any more.
func (s *Group) outcome() error {
	if s.panicked != nil {
		panic(s.panicked)
	}
	if s.cause == nil {
		return s.refused
	}
	return s.cause
}

// Go starts body as a child of the scope. co is the caller's: that of the scope's body, or that of
// a child, which may start siblings. If the limit is reached, Go suspends the caller until a child
// has ended; callers get their turn in the order in which they came. (Children that fill all places
// and wait for another each wait for ever.)
//
// A child that was started begins, also if it is aborted before: then its awaits fail from the first on. An
// error says that the child was not started, because the caller or the scope was cancelled, or the runtime
// shuts down; the caller then still owns what was meant for the child, unless it was handed over with
// [Group.GoOwning]. The error counts as an error of the scope, like one that a child returns, so the caller
// may ignore it: WithGroup returns it if there is nothing worse.
func (s *Group) Go(co *Co, body func(co *Co) error) error {
	if body == nil {
		panic("coro: Go of a nil body")
	}
	return start(s, co, nil, func(co *Co) (struct{}, error) { return struct{}{}, body(co) })
}

// GoOwning is Go for a body that takes r over: see [NewOwning]. If no child is started, for whatever reason, r
// is closed.
func (s *Group) GoOwning(co *Co, r io.Closer, body func(co *Co) error) error {
	if body == nil {
		panic("coro: GoOwning of a nil body")
	}
	return startOwning(s, co, nil, r, func(co *Co) (struct{}, error) { return struct{}{}, body(co) })
}

// AbortAll aborts the children that there are. That they end so is no failure of the scope.
func (s *Group) AbortAll() {
	s.mu.Lock()
	running := s.running.all()
	for _, c := range running {
		c.aborted = true
	}
	s.mu.Unlock()
	for _, c := range running {
		c.task.Abort()
	}
}

// Len returns the number of children that have not ended.
func (s *Group) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.running.n
}

// start waits for a place and makes body a child that runs there.
func start[T any](s *Group, co *Co, r *Results[T], body func(co *Co) (T, error)) error {
	co.own()
	if s.opts.Inherit {
		body = inheriting(co, body)
	}
	c := &childOf[T]{results: r}
	c.cell.init(body)
	c.child = child{scope: s, task: &c.cell.Task, output: c}
	admitted := false
	if r != nil {
		r.expect()
		defer func() {
			if !admitted { // or unwound by force
				r.lost()
			}
		}()
	}
	if err := s.admit(co, &c.child); err != nil {
		s.refuse(co, err)
		return err
	}
	admitted = true
	return c.child.spawn(co)
}

// startOwning is start for a body that takes r over. A child that start does not start never begins, unless
// the host gives the child up this moment: see owner.
func startOwning[T any](s *Group, co *Co, results *Results[T], r io.Closer, body func(co *Co) (T, error)) error {
	o := newOwner(r)
	started := false
	defer func() {
		if !started { // or unwound by force
			o.close()
		}
	}()
	err := start(s, co, results, owned(&o, body))
	started = err == nil
	return err
}

func inheriting[T any](co *Co, body func(co *Co) (T, error)) func(co *Co) (T, error) {
	values := co.Values()
	if values == nil {
		return body
	}
	return func(co *Co) (value T, err error) {
		err = WithValues(co, values, func(co *Co) (err error) {
			value, err = body(co)
			return err
		})
		return value, err
	}
}

// admit gets c a place.
func (s *Group) admit(co *Co, c *child) error {
	if err := co.Interrupted(); err != nil {
		return err
	}
	s.mu.Lock()
	switch {
	case s.over:
		s.mu.Unlock()
		panic("coro: Go on a Group that has ended")
	case s.cause != nil:
		err := &CancelError{Cause: s.cause}
		s.mu.Unlock()
		co.spend() // a caller that is not cancelled itself may retry for ever
		return err
	case s.opts.Limit == 0 || s.places < s.opts.Limit:
		s.places++
		s.running.push(c)
		s.mu.Unlock()
		return nil
	}
	c.waker = co.task
	s.queue.push(c)
	s.mu.Unlock()
	admitted := false
	defer func() {
		if !admitted { // cancelled, or unwound by force
			s.withdraw(c)
		}
	}()
	for {
		co.cx.Waits(core.WaitLock)
		if err := co.Suspend(); err != nil {
			return err
		}
		var err error
		if admitted, err = s.admitted(c); admitted || err != nil {
			return err
		}
	}
}

// admitted reports whether c, which has waited, has got a place and may use it.
func (s *Group) admitted(c *child) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cause != nil {
		return false, &CancelError{Cause: s.cause}
	}
	if c.in == &s.queue {
		return false, nil
	}
	s.running.push(c)
	return true, nil
}

// withdraw takes c out of the queue, or hands on the place that it has got.
func (s *Group) withdraw(c *child) {
	s.mu.Lock()
	var next core.Waker
	if c.in == &s.queue {
		s.queue.remove(c)
	} else {
		next = s.leave()
	}
	s.mu.Unlock()
	wake(next)
}

// leave gives up a place, and returns whom to wake for it: whoever has got the place, or the body,
// if it was the last and the body waits for that. When the scope has failed, who gets the place
// only learns that there is nothing to wait for, and hands it on. Under s.mu.
func (s *Group) leave() core.Waker {
	s.places--
	if next := s.queue.first; next != nil {
		s.queue.remove(next)
		s.places++
		return next.waker
	}
	if s.places == 0 && s.joining {
		return s.inside.co.task
	}
	return nil
}

// refuse keeps the error of a Go. That a child was aborted is told by its own end.
func (s *Group) refuse(co *Co, err error) {
	if err == core.ErrCancelled && co.strand != s.inside.co.strand {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refused == nil {
		s.refused = err
	}
}

// fail cancels everything because of err, if it is the first failure.
func (s *Group) fail(err error) {
	s.mu.Lock()
	first := s.note(err)
	s.mu.Unlock()
	if first {
		s.cancelAll(err)
	}
}

// note keeps a failure, and reports whether it is the first, for which the caller has to call
// cancelAll. Under s.mu. From here on no child is started.
func (s *Group) note(err error) (first bool) {
	first = s.cause == nil
	if first {
		s.cause = err
	}
	return first
}

func (s *Group) cancelAll(err error) {
	s.inside.cancel(&CancelError{Cause: err})
	s.AbortAll()
}

// join waits for the last child. An abort does not end that, but it makes the children end.
func (s *Group) join() {
	body := s.inside.co.strand
	for !s.left() {
		err := body.cancelled(s.inside.parent)
		if body.dropping {
			s.fail(core.ErrCancelled)
			return // there is no worker to wait on
		}
		if err != nil {
			s.fail(err)
		}
		body.cx.Waits(core.WaitJoin)
		body.park()
	}
}

// left reports whether no child is left. If one is, its end will wake the body.
func (s *Group) left() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = s.places == 0
	s.joining = !s.over
	return s.over
}

func wake(w core.Waker) {
	if w != nil {
		w.Wake()
	}
}
