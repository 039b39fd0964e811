package task_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/task"
)

// A touch is what wakers and aborters do to a task at one moment of its life.
type touch uint8

const (
	leave touch = iota
	wake
	abortIt
	wakeAbort
	abortWake
	touches
)

func (x touch) wakes() bool  { return x == wake || x == wakeAbort || x == abortWake }
func (x touch) aborts() bool { return x == abortIt || x == wakeAbort || x == abortWake }

func (x touch) String() string {
	return [...]string{"leave", "wake", "abort", "wake+abort", "abort+wake"}[x]
}

func (x touch) do(tk *task.Task) {
	switch x {
	case wake:
		tk.Wake()
	case abortIt:
		tk.Abort()
	case wakeAbort:
		tk.Wake()
		tk.Abort()
	case abortWake:
		tk.Abort()
		tk.Wake()
	}
}

// An outcome is the result of the first poll. A second poll always completes.
type outcome uint8

const (
	pends outcome = iota
	isReady
	panics
	outcomes
)

func (o outcome) String() string { return [...]string{"pends", "is ready", "panics"}[o] }

// A joining says when a joiner takes the output, if ever: the handle may have been discarded.
type joining uint8

const (
	never joining = iota
	watchFirst
	takeLast
	joinings
)

func (j joining) String() string { return [...]string{"never", "watched", "taken"}[j] }

// A combination is one life of a task.
type combination struct {
	before, during, after, inDrop touch
	first                         outcome
	dropPanics                    bool
	join                          joining
	remote                        bool // touched from another goroutine
	moved                         bool // the future moves into the task
}

func (c combination) String() string {
	return fmt.Sprintf("before: %v, during: %v, first poll %v, after: %v, in drop: %v (panics %t), join: %v, remote %t, moved %t",
		c.before, c.during, c.first, c.after, c.inDrop, c.dropPanics, c.join, c.remote, c.moved)
}

// want is the required result of a combination.
type want struct {
	polls, drops int
	cancelled    bool // the error is ErrCancelled
	shutdown     bool // or ErrShutdown
	value        any  // or the panic's value
	inDrop       bool // with one in Drop beside it
}

const (
	polled  = "panic in poll"
	dropped = "panic in drop"
)

// expect computes it from the contract: an abort counts until the future has completed, and each poll
// needs a wake.
func (c combination) expect() (w want) {
	gone := func(how func()) want {
		w.drops = 1
		if how(); c.dropPanics {
			w.cancelled, w.shutdown, w.value = false, false, dropped
		}
		return w
	}
	if c.before.aborts() {
		return gone(func() { w.cancelled = true })
	}
	w.polls = 1
	switch c.first {
	case isReady:
		return w
	case panics:
		w.drops, w.value, w.inDrop = 1, polled, c.dropPanics
		return w
	}
	if c.during.aborts() || c.after.aborts() {
		return gone(func() { w.cancelled = true })
	}
	if c.during.wakes() || c.after.wakes() {
		w.polls = 2
		return w
	}
	return gone(func() { w.shutdown = true })
}

func TestEveryCombination(t *testing.T) {
	n := 0
	h := coretest.New(1)
	for code := range int(touches) * int(touches) * int(touches) * int(touches) * int(outcomes) * int(joinings) * 8 {
		digit := func(base int) int {
			d := code % base
			code /= base
			return d
		}
		c := combination{
			before: touch(digit(int(touches))), during: touch(digit(int(touches))),
			after: touch(digit(int(touches))), inDrop: touch(digit(int(touches))),
			first: outcome(digit(int(outcomes))), join: joining(digit(int(joinings))),
			dropPanics: digit(2) == 1, remote: digit(2) == 1, moved: digit(2) == 1,
		}
		n++
		if w := c.expect(); w.shutdown || w.value == dropped {
			c.run(t, coretest.New(1)) // which it may close
		} else {
			c.run(t, h)
		}
		if t.Failed() {
			t.Fatalf("in combination %d: %v", n, c)
		}
	}
	if h.Close(); h.Live() != 0 || h.Queued() != 0 {
		t.Errorf("%d tasks live, %d queued, want none", h.Live(), h.Queued())
	}
	t.Logf("%d combinations", n)
}

// A value is a future that can move into its task.
type value struct{ *probe }

// run runs the combination on h.
func (c combination) run(t *testing.T, h *coretest.Host) {
	var s *task.Slot[int]
	do := func(x touch) {
		if x == leave {
			return
		}
		if c.remote {
			elsewhere(func() { x.do(&s.Task) })
		} else {
			x.do(&s.Task)
		}
	}
	p := &probe{
		onPoll: func(p *probe, _ *core.Context) (int, bool) {
			if p.polls > 1 {
				return 2, true
			}
			do(c.during)
			if c.first == panics {
				panic(polled)
			}
			return 1, c.first == isReady
		},
		onDrop: func(*probe) {
			if s.Finished() {
				t.Error("the join was resolved before the drop")
			}
			do(c.inDrop)
			if c.dropPanics {
				panic(dropped)
			}
		},
	}
	if c.moved {
		s = task.NewValue[int](value{p})
		if err := h.Spawn(&s.Task); err != nil {
			t.Fatal(err)
		}
	} else {
		s = spawn(t, h, p)
	}
	joiner := &counter{}
	if c.join == watchFirst && !s.Watch(joiner) {
		t.Error("Watch returned that a new task has finished")
	}
	do(c.before)
	h.Step()
	do(c.after)
	h.Run()
	if !s.Finished() {
		h.Close()
	}
	c.check(t, s, p, joiner, h)
}

func (c combination) check(t *testing.T, s *task.Slot[int], p *probe, joiner *counter, h *coretest.Host) {
	w := c.expect()
	if p.polls != w.polls || p.drops != w.drops {
		t.Errorf("polled %d times, dropped %d times, want %d and %d", p.polls, p.drops, w.polls, w.drops)
	}
	if h.Live() != 0 || h.Queued() != 0 {
		t.Errorf("%d tasks live, %d queued, want none", h.Live(), h.Queued())
	}
	if c.join == watchFirst {
		if n := joiner.n.Load(); n != 1 {
			t.Errorf("the joiner was woken %d times, want 1", n)
		}
		if s.Watch(joiner) {
			t.Error("Watch did not report that the task has finished")
		}
	}
	state := s.State()
	wakeAbort.do(&s.Task) // changes nothing any more
	if s.State() != state || h.Queued() != 0 {
		t.Errorf("a finished task went from %v to %v, %d queued", state, s.State(), h.Queued())
	}
	if c.join == never {
		return
	}
	v, err := join(t, s)
	w.checkOutput(t, v, err)
	if _, err := join(t, s); err != core.ErrAlreadyJoined {
		t.Errorf("second join: have %v, want ErrAlreadyJoined", err)
	}
}

func (w want) checkOutput(t *testing.T, v int, err error) {
	var pe *task.PanicError
	switch {
	case w.cancelled && err != core.ErrCancelled:
		t.Errorf("have %v, want ErrCancelled", err)
	case w.shutdown && err != core.ErrShutdown:
		t.Errorf("have %v, want ErrShutdown", err)
	case w.value != nil && (!errors.As(err, &pe) || pe.Value != w.value || len(pe.Stack) == 0):
		t.Errorf("have %v, want a panic of %v with its stack", err, w.value)
	case w.inDrop && (pe.InDrop == nil || !errors.As(pe.InDrop, &pe) || pe.Value != dropped):
		t.Errorf("have %v, want a panic in Drop beside the first", err)
	case !w.cancelled && !w.shutdown && w.value == nil && (err != nil || v != w.polls):
		t.Errorf("have %d, %v, want %d", v, err, w.polls)
	}
}
