package executor_test

import (
	"bytes"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
)

// withReports returns a runtime, and the channel that its long polls are sent to.
func withReports(t *testing.T) (*executor.Runtime, chan executor.LongPoll) {
	reports := make(chan executor.LongPoll, 100)
	return startRuntime(t, executor.Options{
		LongPollThreshold: shortLimit,
		OnLongPoll:        func(p executor.LongPoll) { reports <- p },
	}), reports
}

func TestALongPollSaysWhatBlocksIt(t *testing.T) {
	stop, never := make(chan struct{}), make(chan int)
	var computes atomic.Bool
	var mu sync.Mutex
	var wg sync.WaitGroup
	cond := sync.NewCond(&mu)
	for _, test := range []struct {
		name  string
		want  []string
		block func()
		end   func()
	}{
		{"a channel", []string{"chan receive"}, func() { <-stop }, func() { stop <- struct{}{} }},
		{"a select", []string{"select"}, func() {
			select {
			case <-stop:
			case <-never:
			}
		}, func() { stop <- struct{}{} }},
		{"a group", []string{"sync.WaitGroup.Wait", "semacquire"}, func() { wg.Wait() }, func() { wg.Done() }},
		{"a condition", []string{"sync.Cond.Wait"}, func() {
			mu.Lock()
			cond.Wait()
			mu.Unlock()
		}, func() {
			mu.Lock()
			cond.Signal()
			mu.Unlock()
		}},
		{"a computation", []string{""}, func() {
			for computes.Store(true); computes.Load(); {
			}
		}, func() { computes.Store(false) }},
	} {
		for _, s := range styles {
			if test.name == "a group" {
				wg.Add(1)
			}
			rt, reports := withReports(t)
			h := s.do(executor.Named(rt, test.name), func(core.Spawner) { test.block() })
			p := receive(t, "OnLongPoll", reports)
			test.end()
			joinOK(t, h)
			if p.Task.Name != test.name || p.Holders != nil {
				t.Errorf("%s, %s: the report is of %v, with holders %q", test.name, s.name, p.Task, p.Holders)
			}
			if !slices.Contains(test.want, p.Blocked) {
				t.Errorf("%s, %s: blocked in %q, want one of %q\n%s", test.name, s.name, p.Blocked, test.want, p.Stack)
			}
		}
	}
}

// A vault is locked while a task waits: the fault that the report of a long poll has to explain. keep does not unlock:
// the test does, on its own goroutine, since a worker that is blocked never resumes keep.
type vault struct {
	mu   sync.Mutex
	rw   sync.RWMutex
	kept chan struct{}
	gate gate
}

//go:noinline
func (v *vault) keep(co *coro.Co) error {
	v.mu.Lock()
	v.rw.RLock()
	return v.wait(co)
}

func (v *vault) wait(co *coro.Co) error {
	close(v.kept)
	_, err := coro.Await(co, &v.gate)
	return err
}

//go:noinline
func (v *vault) look() {
	v.mu.Lock()
	defer v.mu.Unlock()
	runtime.KeepAlive(v)
}

//go:noinline
func (v *vault) change() {
	v.rw.Lock()
	defer v.rw.Unlock()
	runtime.KeepAlive(v)
}

// A task that waits for a lock which a suspended task holds blocks its worker, for ever if that is the holder's too. The
// report has the holder, whose stack shows where it is suspended.
func TestALongPollInALockHasTheTaskThatHoldsIt(t *testing.T) {
	for in, want := range map[string]func(v *vault){
		"sync.Mutex.Lock":   (*vault).look,
		"sync.RWMutex.Lock": (*vault).change,
	} {
		rt, reports := withReports(t)
		v := &vault{kept: make(chan struct{})}
		holder := executor.Do(rt, v.keep)
		receive(t, "the lock is held", v.kept)
		innocent := new(gate)
		other := executor.Do(rt, func(co *coro.Co) error { return (&vaultUser{}).wait(co, innocent) })
		settled(t, rt)
		h := executor.Do(executor.Named(rt, "wants"), func(*coro.Co) error {
			want(v)
			return nil
		})
		p := receive(t, "OnLongPoll", reports)
		if p.Task.Name != "wants" || p.Blocked != in {
			t.Errorf("%v is blocked in %q, want %q\n%s", p.Task, p.Blocked, in, p.Stack)
		}
		if !bytes.Contains(p.Holders, []byte("(*vault).keep(")) || bytes.Contains(p.Holders, []byte("vaultUser")) {
			t.Errorf("%s: the holders are\n%s", in, p.Holders)
		}
		v.mu.Unlock()
		v.rw.RUnlock()
		joinOK(t, h)
		v.gate.Open()
		joinOK(t, holder)
		innocent.Open()
		joinOK(t, other)
	}
}

// A vaultUser waits, and holds nothing.
type vaultUser struct{}

//go:noinline
func (*vaultUser) wait(co *coro.Co, g *gate) error {
	_, err := coro.Await(co, g)
	return err
}

// With a lock that no suspended task is likely to hold, no task is accused.
func TestALongPollInALockThatNoTaskHoldsHasNoHolder(t *testing.T) {
	rt, reports := withReports(t)
	g := new(gate)
	other := executor.Do(rt, func(co *coro.Co) error { return (&vaultUser{}).wait(co, g) })
	settled(t, rt)
	v := &vault{}
	v.mu.Lock()
	h := executor.Do(rt, func(*coro.Co) error {
		v.look()
		return nil
	})
	p := receive(t, "OnLongPoll", reports)
	v.mu.Unlock()
	joinOK(t, h)
	g.Open()
	joinOK(t, other)
	if p.Blocked != "sync.Mutex.Lock" || p.Holders != nil {
		t.Errorf("blocked in %q, held by\n%s", p.Blocked, p.Holders)
	}
}

func TestTheLogSaysWhatBlocksATask(t *testing.T) {
	var log lockedBuffer
	rt := startRuntime(t, executor.Options{
		LongPollThreshold: shortLimit,
		Logger:            slog.New(slog.NewTextHandler(&log, nil)),
	})
	v := &vault{kept: make(chan struct{})}
	holder := executor.Do(rt, v.keep)
	receive(t, "the lock is held", v.kept)
	settled(t, rt)
	h := executor.Do(executor.Named(rt, "wants"), func(*coro.Co) error {
		v.look()
		return nil
	})
	eventually(t, "it is logged", func() bool { return log.String() != "" })
	v.mu.Unlock()
	v.rw.RUnlock()
	joinOK(t, h)
	v.gate.Open()
	joinOK(t, holder)
	for _, want := range []string{
		`msg="executor: the task blocks its worker in sync.Mutex.Lock: a suspended task is likely to hold the lock"`,
		"name=wants", " at=executor/diagnose_test.go:", " held_at=executor/diagnose_test.go:", "(*vault).look", "(*vault).keep",
	} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log has no %q: %s", want, log.String())
		}
	}
}

// Where several workers are blocked, each report is of its own worker.
func TestReportsOfSeveralWorkersAreOfTheirOwn(t *testing.T) {
	rt, reports := withReports(t)
	if rt.Workers() == 1 {
		return
	}
	stop, mu := make(chan struct{}), new(sync.Mutex)
	first := executor.Do(executor.Named(rt.On(0), "first"), func(*coro.Co) error { <-stop; return nil })
	p := receive(t, "OnLongPoll", reports)
	if p.Task.Name != "first" || p.Blocked != "chan receive" {
		t.Errorf("%v is blocked in %q", p.Task, p.Blocked)
	}
	for p.Stack = nil; p.Stack == nil; { // stacks are listed from time to time only
		mu.Lock()
		second := executor.Do(executor.Named(rt.On(1), "second"), func(*coro.Co) error {
			mu.Lock()
			defer mu.Unlock()
			return nil
		})
		p = receive(t, "OnLongPoll", reports)
		mu.Unlock()
		joinOK(t, second)
	}
	if p.Task.Name != "second" || p.Blocked != "sync.Mutex.Lock" || bytes.Contains(p.Stack, []byte("[chan receive")) {
		t.Errorf("%v is blocked in %q\n%s", p.Task, p.Blocked, p.Stack)
	}
	close(stop)
	joinOK(t, first)
}

func TestWhatALockerAndAHolderHaveInCommon(t *testing.T) {
	const locker = `goroutine 7 [sync.Mutex.Lock]:
internal/sync.runtime_SemacquireMutex(0x0?, 0x0?, 0x41b106?)
	/go/src/runtime/sema.go:95 +0x25
internal/sync.(*Mutex).lockSlow(0xc000016658)
	/go/src/internal/sync/mutex.go:149 +0x15d
sync.(*Mutex).Lock(...)
	/go/src/sync/mutex.go:46
`
	for _, test := range []struct {
		locker, holder string
		want           int
	}{
		{"a.com/b.(*Conn).Read(0xc000016000, {0x1, 0x2})", "a.com/b.(*Conn).Write(0xc000016000)", 3},
		{"a.com/b.(*Conn).Read(0xc000016000, {0x1, 0x2})", "a.com/b.(*Conn).Read(0xc000017000, {0x1, 0x2})", 0},
		{"a.com/b.(*Conn).Read(0xc000016000?)", "a.com/b.(*Conn).Read(0xc000017000)", 2},
		{"a.com/b.(*Conn).Read(...)", "a.com/b.(*Conn).Write(0xc000017000)", 1},
		{"a.com/b.(*Conn).Read(...)", "a.com/c.(*Conn).Read(...)", 0},
		{"a.com/b.(*T[...]).Put(...)", "a.com/b.(*T[...]).Put(...)", 2},
		{"main.serve(0x1)", "main.serve(0x2)", 2},
		{"main.serve.func1()", "main.serve.func2()", 1},
		{"main.serve.func1()", "main.server.func2()", 0},
		{"main.serve()", "example.com/main.serve()", 0},
	} {
		holder := "goroutine 8 [coroutine]:\n" + test.holder + "\n\t/b.go:1 +0x1\ncreated by a.com/b.(*Conn).Read in goroutine 1\n\t/iter.go:2 +0x2\n"
		if have := executor.Likeness(locker+test.locker+"\n\t/b.go:2 +0x2\n", holder); have != test.want {
			t.Errorf("%s and %s: have %d, want %d", test.locker, test.holder, have, test.want)
		}
	}
}
