package coro

import (
	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/task"
)

// A Relay is the worker of a [Pool] whose coroutines hand it on to each other: a body that suspends or ends lets the
// body of the next task go on at once, in one switch of stacks, instead of in two by way of the worker's goroutine.
// Which task is next, and when the worker's own goroutine has to go on, is for the Relay to say.
//
// All methods are called by the holder of the worker: its own goroutine or one of its coroutines. They must not call
// code of a user, and should need little stack, since a coroutine begins with 2 KB. cx is the worker's Context.
//
// A poll that a coroutine begins in this way is ended by the coroutine that goes on next, or by the [task.HostView].Run
// with which the worker's goroutine has begun its own last poll: that Run ends the poll of the task that cx was prepared
// for last, and returns Parked if that has been ended already.
type Relay interface {
	// Next returns the task to poll next, or nil if the worker's goroutine is to go on. That task stays the next one,
	// for the worker's goroutine too, until a poll of it has begun.
	Next() *task.Task
	// Pass ends the poll of suspended, which is pending and parked, and then begins that of next, which Next has returned.
	// If ended is false, it has done neither; if only begun is false, the worker's goroutine has to poll next.
	Pass(cx *core.Context, suspended, next *task.Task) (ended, begun bool)
	// Continue is Pass from t, which has yielded and is not parked, to itself, if no other task is ready. If only begun
	// is false, t is the next task.
	Continue(cx *core.Context, t *task.Task) (ended, begun bool)
	// End ends the last poll of t, whose body has stored its output: end is task.Ready or task.Unwound. It returns false if
	// the worker's goroutine has to go on, to wake the joiners for example.
	End(t *task.Task, end task.Poll) bool
	// Begin begins the poll of next, which Next has returned, when the poll before it has ended. If it returns false,
	// the worker's goroutine has to poll next.
	Begin(cx *core.Context, next *task.Task) bool
}

// Who holds the worker
//
// Of the goroutines of a worker one runs: it holds the worker. The others are parked in berths, one in each: there is a
// berth for every coroutine, and one goroutine more than coroutines. The holder passes the worker to any of them by a
// swap: it parks in the berth of that one, which it resumes.
//
//	                    berth A    berth B    berth C
//	home resumes a      home       b          c             a holds the worker
//	a passes to b       home       a          c             b
//	b passes to c       home       a          b             c
//	c goes home         c          a          b             home
//	home resumes a      c          home       b             a
//
// So a party (a coroutine, or home: the worker's goroutine) knows where it is parked, and is resumed from there. Nothing
// else tells where it is: a coroutine is seldom in its own berth. The end of its goroutine resumes the party that is
// parked in its own berth, wherever the coroutine itself was parked: see Pool.endAll, and Pool.endBroken for the exception.
//
// # Why no goroutine is lost
//
// The resumer of a party is the only one that touches the berth which that party is in, and there is one resumer at a
// time:
//
//   - That of home, or of an idle coroutine, is the holder of the worker.
//   - That of a suspended body polls its task, and the state word lets one worker at a time do so. The poll of a body that
//     has handed the worker on is ended by the party that goes on, and not by the body itself: so a task is ready for
//     others, and can be stolen, only when its body is parked.
//   - The end of a coroutine resumes the party in its own berth. Where tasks stay, the holder of the worker is the resumer
//     of all parties, so it may end any idle coroutine. Where tasks move, another worker may be about to resume that
//     party: so a coroutine ends only if the party is another one that is to end, of the worker's own pool or of the
//     Surplus, whose lock the worker holds.
//
// A party that is resumed by such an end, and not for itself, finds no poll under way, and goes home.

// next returns the body to which s, which is about to suspend, hands the worker on: it has a coroutine, to be resumed.
// next returns s if that goes on itself, and nil if the worker's goroutine does.
func (p *Pool) next(s *bodyState) *bodyState {
	t := p.opts.Relay.Next()
	if t == nil {
		return p.continued(s)
	}
	j, ok := t.ForHost().Body().(job)
	if !ok {
		return nil // its stack would grow that of the coroutine
	}
	n := j.state()
	if n.coroutine == nil {
		if len(p.idle) == 0 {
			return nil
		}
		n.begin(p, j)
	}
	n.cx = s.cx
	n.coroutine.pool = p
	return n
}

// continued is next where the Relay has no other task for a coroutine: a body that has yielded may go on itself.
func (p *Pool) continued(s *bodyState) *bodyState {
	if !s.cx.ForHost().Yielded() {
		return nil
	}
	ended, begun := p.opts.Relay.Continue(s.cx, s.task)
	if begun {
		return s
	}
	if ended {
		p.current = nil
	}
	return nil
}

// ensureBegun makes sure that the poll of c's body has begun. If another coroutine has handed the worker on, its poll ends
// here. ensureBegun returns false if the worker's goroutine is to go on.
func (p *Pool) ensureBegun(c *coroutine) bool {
	s := c.job.state()
	from := p.current
	if from == s {
		return true
	}
	if from == nil {
		return false
	}
	ended, begun := p.opts.Relay.Pass(s.cx, from.task, s.task)
	if begun {
		p.current = s
	} else if ended {
		p.current = nil
	}
	return begun
}

// finish hands the worker on when the body of c has ended. It returns once c has been resumed, or has another body.
func (c *coroutine) finish() {
	if c.observed {
		c.endObserved()
	}
	c.leaveThread()
	s := c.job.state()
	if c.pool.current != s {
		c.takeBack(s)
	}
	p := c.pool
	if p.opts.Relay == nil || s.dropping || s.result == task.Panicked || s.task.ForHost().Timed() || s.endWatch() != nil {
		c.pass(&p.home)
		return
	}
	cx, end := s.cx, s.result
	s.coroutine, s.cx, p.current = nil, nil, nil // before the end: s is not touched after it
	c.job = nil
	p.idle = append(p.idle, c)
	to := &p.home
	if p.opts.Relay.End(s.task, end) {
		next := p.beginNext(cx)
		if next == c {
			return
		}
		if next != nil {
			to = &next.party
		}
	}
	c.pass(to)
}

// beginNext begins the poll of the next task, and returns the coroutine of its body, or nil if the worker's goroutine is
// to go on. The caller is idle, so there is a coroutine for a body that has none: the caller itself.
func (p *Pool) beginNext(cx *core.Context) *coroutine {
	t := p.opts.Relay.Next()
	if t == nil {
		return nil
	}
	j, ok := t.ForHost().Body().(job)
	if !ok {
		return nil
	}
	n := j.state()
	if !p.opts.Relay.Begin(cx, t) {
		return nil
	}
	if n.coroutine == nil {
		n.begin(p, j)
	}
	n.cx = cx
	n.coroutine.pool = p
	p.current = n
	return n.coroutine
}
