package executor_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// A play is how a body ends: it returns an error, panics or exits.
type play func() error

var errMine = errors.New("mine")

// childEnds are the errors that the joins of other tasks return. Each is of a task of its own.
func childEnds(t *testing.T) map[string]error {
	rt := startRuntime(t, executor.Options{OnPanic: func(executor.TaskInfo, *task.PanicError) {}})
	// A number is unique in its runtime only: those of the tasks below are higher than any of the runtimes under test.
	for range 300 * rt.Workers() {
		joinOK(t, executor.Go(rt, func(*coro.Co) (int, error) { return 0, nil }))
	}
	ends := make(map[string]error)
	for name, f := range map[string]func(){"panic": explode, "Goexit": runtime.Goexit} {
		h := executor.Go(rt, func(*coro.Co) (int, error) { f(); return 0, nil })
		_, ends[name] = join(t, h)
	}
	g := &gate{}
	h := executor.Go(rt, func(co *coro.Co) (int, error) { return coro.Await[int](co, g) })
	g.polled(t, 1)
	h.Abort()
	_, ends["abort"] = join(t, h)
	for _, err := range ends {
		err.(*joinhandle.JoinError).ID += 1 << 48 // or a task of another runtime may have the same
	}
	return ends
}

// An ending is the play that ends a body, and what its join says if nothing else ends the body.
type ending struct {
	play play
	want string // as said has it
}

// plays are the ways to end in one place.
func plays(t *testing.T) map[string]ending {
	all := map[string]ending{
		"returns nothing":          {func() error { return nil }, "value"},
		"returns an error":         {func() error { return errMine }, "error"},
		"returns ErrGoexit":        {func() error { return core.ErrGoexit }, "error"},
		"returns ErrCancelled":     {func() error { return core.ErrCancelled }, "error"},
		"returns ErrAlreadyJoined": {func() error { return core.ErrAlreadyJoined }, "error"},
		"panics":                   {func() error { panic("boom") }, "panic boom"},
		"panics with an error":     {func() error { panic(errMine) }, "panic mine"},
		"panics with ErrGoexit":    {func() error { panic(core.ErrGoexit) }, "panic " + core.ErrGoexit.Error()},
		"panics with ErrCancelled": {func() error { panic(core.ErrCancelled) }, "panic " + core.ErrCancelled.Error()},
		"panics with nil":          {func() error { panic(nil) }, "panic " + new(runtime.PanicNilError).Error()},
		"exits":                    {func() error { runtime.Goexit(); return nil }, "exit"},
		"panics, and again":        {func() error { defer panic("again"); panic("boom") }, "panic again"},
		"panics and recovers":      {func() error { defer func() { recover() }(); panic("boom") }, "value"},
		"exits and then panics":    {func() error { defer panic("boom"); runtime.Goexit(); return nil }, "panic boom"},
		"panics and then exits":    {func() error { defer runtime.Goexit(); panic("boom") }, "exit"},
		"exits, panics, recovers": {func() error {
			defer func() {
				defer func() { recover() }()
				panic("x")
			}()
			runtime.Goexit()
			return nil
		}, "exit"},
	}
	children := childEnds(t)
	var je *joinhandle.JoinError
	errors.As(children["panic"], &je)
	pe, _ := je.Panic()
	all["panics with a PanicError"] = ending{func() error { panic(pe) }, "panic boom"}
	all["returns a bare PanicError"] = ending{func() error { return pe }, "error"}
	all["panics with a JoinError"] = ending{func() error { panic(je) }, "panic " + je.Error()}
	for name, err := range children {
		all["returns a child's "+name] = ending{func() error { return err }, "error"}
		all["returns a child's "+name+", wrapped"] = ending{func() error { return fmt.Errorf("a child: %w", err) }, "error"}
	}
	return all
}

// said is the result of the join of task id, in a word.
func said(id uint64, err error) string {
	je, ok := err.(*joinhandle.JoinError)
	p, panicked := (*task.PanicError)(nil), false
	if ok && je.ID == id {
		p, panicked = je.Panic()
	}
	switch {
	case err == nil:
		return "value"
	case !ok || je.ID != id:
		return "error"
	case panicked != je.Panicked() || panicked && je.Cancelled():
		return "nonsense"
	case panicked:
		return fmt.Sprintf("panic %v", p.Value)
	case je.Cancelled():
		if !errors.Is(err, core.ErrCancelled) || !errors.Is(err, context.Canceled) {
			return "a cancellation that is none"
		}
		return "cancelled"
	case errors.Is(err, core.ErrGoexit):
		return "exit"
	}
	return "nothing"
}

// A log takes what the runtime logs.
type log struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *log) take() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.buf.Reset()
	return l.buf.String()
}

func (l *log) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelError}))
}

// A stage is the moment of a body's life at which it has its play.
type stage struct {
	name  string
	abort string // when it is aborted: "" is never
	told  bool   // the body joins the error of its await to the one that it returns
	body  func(co *coro.Co, s *scene) (int, error)
}

const (
	before = "before it begins"
	parked = "while it waits"
	runs   = "while it runs"
	closes = "by Close, while it waits"
)

// A scene is one body on its stage.
type scene struct {
	play play
	gate gate
	self joinhandle.AbortHandle
	has  chan struct{} // closed when self is there
}

func (s *scene) abortSelf() {
	<-s.has
	s.self.Abort()
}

func (s *scene) wait(co *coro.Co) error {
	_, err := coro.Await[int](co, &s.gate)
	return err
}

var stages = []stage{
	{"at once", "", false, func(_ *coro.Co, s *scene) (int, error) { return 0, s.play() }},
	{"after a yield", "", false, func(co *coro.Co, s *scene) (int, error) { return 0, errors.Join(co.Yield(), s.play()) }},
	{"in a deferred function", "", false, func(_ *coro.Co, s *scene) (_ int, err error) {
		defer func() { err = s.play() }()
		return 0, nil
	}},
	{"in a deferred function, in a panic", "", false, func(_ *coro.Co, s *scene) (_ int, err error) {
		defer func() {
			recover()
			err = s.play()
		}()
		panic("first")
	}},
	{"in a shield", "", false, func(co *coro.Co, s *scene) (int, error) {
		return 0, coro.Shield(co, func(*coro.Co) error { return s.play() })
	}},
	{"aborted before it begins", before, true, func(co *coro.Co, s *scene) (int, error) {
		return 0, errors.Join(co.Yield(), s.play())
	}},
	{"aborted while it waits", parked, true, func(co *coro.Co, s *scene) (int, error) {
		return 0, errors.Join(s.wait(co), s.play())
	}},
	{"unwinding", parked, true, func(co *coro.Co, s *scene) (_ int, err error) {
		defer func() { err = errors.Join(err, s.play()) }()
		return 0, s.wait(co)
	}},
	{"in a shield while it unwinds", parked, true, func(co *coro.Co, s *scene) (_ int, err error) {
		err = s.wait(co)
		return 0, coro.Shield(co, func(co *coro.Co) error { return errors.Join(err, co.Yield(), s.play()) })
	}},
	{"aborted while it runs", runs, true, func(co *coro.Co, s *scene) (int, error) {
		s.abortSelf()
		return 0, errors.Join(co.Yield(), s.play())
	}},
	{"aborted while it runs, and never told", runs, false, func(co *coro.Co, s *scene) (int, error) {
		s.abortSelf()
		return 0, s.play()
	}},
	{"forced", parked, true, func(co *coro.Co, s *scene) (int, error) {
		defer s.play()
		for {
			s.wait(co)
		}
	}},
	{"closed", closes, true, func(co *coro.Co, s *scene) (int, error) {
		return 0, errors.Join(s.wait(co), s.play())
	}},
	{"closed, in a deferred function", closes, true, func(co *coro.Co, s *scene) (_ int, err error) {
		defer func() { err = errors.Join(err, s.play()) }()
		return 0, s.wait(co)
	}},
}

// want is what the join says of a body that has ended so.
func (st stage) want(e ending) string {
	switch {
	case strings.HasPrefix(e.want, "panic"):
		return e.want
	case st.abort == "":
		return e.want
	case e.want == "exit":
		if st.name == "forced" || st.abort == closes {
			return "cancelled"
		}
		return e.want
	case st.told, e.want == "error" && errors.Is(e.play(), core.ErrCancelled):
		return "cancelled"
	}
	return e.want
}

// perform brings a body to its end on rt, and returns its handle. joined says that a join waits before that.
func (st stage) perform(t *testing.T, rt *executor.Runtime, e ending, joined bool) joinhandle.JoinHandle[int] {
	s := &scene{play: e.play, has: make(chan struct{})}
	release := func() {}
	if st.abort == before || st.abort == runs || joined {
		release = hold(t, rt)
	}
	h := executor.Go(rt, func(co *coro.Co) (int, error) { return st.body(co, s) })
	s.self = h.AbortHandle()
	close(s.has)
	if joined {
		h.Done()
	}
	if st.abort == before {
		h.Abort()
	}
	release()
	switch st.abort {
	case parked:
		s.gate.polled(t, 1)
		h.Abort()
	case closes:
		s.gate.polled(t, 1)
		closeRuntime(t, rt)
	}
	return h
}

// Whatever a body does at its end, the join, the statistics, OnPanic and the log say the same of it.
//
// Regression: an error that a body returned was taken for a panic.
func TestEveryWayInWhichABodyCanEnd(t *testing.T) {
	all := plays(t)
	for _, st := range stages {
		t.Run(st.name, func(t *testing.T) {
			var told atomic.Int64
			var logged log
			telling := executor.Options{OnPanic: func(_ executor.TaskInfo, p *task.PanicError) { told.Add(1) }}
			logging := executor.Options{Logger: logged.logger()}
			var rts [2]*executor.Runtime
			for name, e := range all {
				for i, opts := range []executor.Options{telling, logging} {
					for _, joined := range []bool{false, true} {
						if rts[i] == nil || st.abort == closes {
							rts[i] = startRuntime(t, opts)
						}
						rt := rts[i]
						told.Store(0)
						panicked := rt.Stats().Panicked
						h := st.perform(t, rt, e, joined)
						eventually(t, "the task ends", h.Finished)
						r, _ := h.TryJoin()
						want := st.want(e)
						if have := said(h.ID(), r.Err); have != want {
							t.Errorf("%s: have %q (%v), want %q", name, have, r.Err, want)
						}
						isPanic := strings.HasPrefix(want, "panic")
						eventually(t, "it is counted", func() bool { return isPanic == (rt.Stats().Panicked == panicked+1) })
						if i == 0 && (told.Load() == 1) != isPanic {
							t.Errorf("%s: OnPanic was told %d times of %q", name, told.Load(), want)
						}
						if i == 1 {
							checkLog(t, name, logged.take(), isPanic && !joined, h.ID())
						}
					}
				}
			}
		})
	}
}

// checkLog looks at what the log says of one task.
func checkLog(t *testing.T, name, text string, want bool, id uint64) {
	t.Helper()
	if !want {
		if text != "" {
			t.Errorf("%s: the log has %q, though a join waits or nothing panicked", name, text)
		}
		return
	}
	if strings.Count(text, "\n") != 1 || !contains(text, "level=ERROR", fmt.Sprintf(" task=%d at=executor/", id), " value=", " stack=") {
		t.Errorf("%s: the log has %q", name, text)
	}
}

// In poll style there is no error to return; the future also plays in its Drop.
func TestEveryWayInWhichAFutureCanEnd(t *testing.T) {
	for name, e := range plays(t) {
		if e.want == "error" {
			continue
		}
		for _, where := range []string{"first poll", "second poll", "drop", "drop at Close"} {
			t.Run(name+" in the "+where, func(t *testing.T) {
				var logged log
				rt := startRuntime(t, executor.Options{Logger: logged.logger()})
				f := &actor{play: e.play, where: where}
				h := executor.Spawn[int](rt, f)
				want := e.want
				if strings.HasPrefix(where, "drop") {
					eventually(t, "it is polled", func() bool { return f.polls.Load() != 0 })
					if where == "drop" {
						h.Abort()
					} else {
						closeRuntime(t, rt)
					}
					if want == "value" {
						want = "cancelled"
					}
				}
				eventually(t, "the task ends", h.Finished)
				r, _ := h.TryJoin()
				if have := said(h.ID(), r.Err); have != want {
					t.Errorf("have %q (%v), want %q", have, r.Err, want)
				}
				isPanic := strings.HasPrefix(want, "panic")
				eventually(t, "it is counted", func() bool { return isPanic == (rt.Stats().Panicked == 1) })
				checkLog(t, name, logged.take(), isPanic, h.ID())
			})
		}
	}
}

// An actor is a future that has its play somewhere.
type actor struct {
	play  play
	where string
	polls atomic.Int64
}

func (a *actor) Poll(cx *core.Context) (int, bool) {
	switch n := a.polls.Add(1); {
	case a.where == "first poll", a.where == "second poll" && n == 2:
		a.play()
		return 0, true
	case a.where == "second poll":
		cx.Yield()
	}
	return 0, false
}

func (a *actor) Drop() {
	if strings.HasPrefix(a.where, "drop") {
		a.play()
	}
}
