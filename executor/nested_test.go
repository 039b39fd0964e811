package executor_test

import (
	"context"
	"errors"
	"iter"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/channel/broadcast"
	"github.com/moduvex/moduvex-go/core/channel/mpsc"
	"github.com/moduvex/moduvex-go/core/channel/oneshot"
	"github.com/moduvex/moduvex-go/core/channel/watch"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/lock"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// blockers are a value of each type that can block a goroutine, in a state in which it would.
func blockers(s core.Spawner) []any {
	forever := func(co *coro.Co) (int, error) { return 0, co.Suspend() }
	mutex, rw, sem := new(lock.Mutex), new(lock.RWMutex), new(lock.Semaphore)
	mutex.TryLock()
	rw.TryLock()
	tx, rx := mpsc.New[int](1)
	unboundedTx, unboundedRx := mpsc.Unbounded[int]()
	oneTx, oneRx := oneshot.New[int]()
	watchTx, watchRx := watch.New(1)
	castTx, castRx := broadcast.New[int](1)
	watchRx.TryNext()
	set := joinhandle.NewJoinSet[int](s)
	set.Go(forever)
	full, _ := mpsc.New[int](1)
	full.TrySend(1)
	return []any{
		executor.Go(s, forever), set,
		mutex, new(lock.Mutex), rw, new(lock.RWMutex), sem, lock.NewSemaphore(9), lock.NewBarrier(2),
		new(lock.Notify), new(lock.OnceCell[int]),
		tx, rx, full, unboundedTx, unboundedRx, oneTx, oneRx, watchTx, watchRx, castTx, castRx,
	}
}

var contextType = reflect.TypeFor[context.Context]()

// callBlockers calls each method of v that takes a context, and returns their errors by name.
func callBlockers(v any, ctx context.Context) map[string]error {
	errs := make(map[string]error)
	value := reflect.ValueOf(v)
	for i := range value.NumMethod() {
		m := value.Method(i)
		if m.Type().NumIn() == 0 || m.Type().In(0) != contextType {
			continue
		}
		args := []reflect.Value{reflect.ValueOf(ctx)}
		for i := 1; i < m.Type().NumIn(); i++ {
			arg := reflect.New(m.Type().In(i)).Elem()
			switch arg.Kind() {
			case reflect.Int:
				arg.SetInt(1)
			case reflect.Func:
				arg = reflect.MakeFunc(arg.Type(), func([]reflect.Value) []reflect.Value { panic("it was called") })
			}
			args = append(args, arg)
		}
		out := m.Call(args)
		last := out[len(out)-1]
		if seq, ok := last.Interface().(iter.Seq2[int, error]); ok {
			for _, err := range seq {
				last = reflect.ValueOf(err)
			}
		}
		err, _ := last.Interface().(error)
		errs[reflect.TypeOf(v).String()+"."+value.Type().Method(i).Name] = err
	}
	return errs
}

// inIterator calls f in an iterator that iter.Pull drives.
func inIterator(f func()) {
	next, stop := iter.Pull(func(yield func(int) bool) { f(); yield(1) })
	defer stop()
	next()
}

func TestABlockingCallWithTheTasksOwnContextAnswersErrNested(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	_, err := join(t, executor.Go(rt, func(co *coro.Co) (int, error) {
		return 0, coro.WithTimeout(co, testTimeout, func(co *coro.Co) error { // or it would hang if all this did not work
			derived := context.WithValue(co, new(int), 1)
			for _, ctx := range []context.Context{co, derived} {
				calls := 0
				for _, v := range blockers(co) {
					check := func() {
						for name, err := range callBlockers(v, ctx) {
							if calls++; !errors.Is(err, core.ErrNested) && !mayTry(name, ctx, err) {
								t.Errorf("%s: have %v", name, err)
							}
						}
					}
					check()
					inIterator(check)
				}
				if calls < 40 {
					t.Errorf("%d calls: some were not found", calls)
				}
			}
			return nil
		})
	}))
	if err != nil {
		t.Error(err)
	}
}

// mayTry reports whether a call has a way that does not block, and took it: it sees the task's own Co there, but
// does not check a context that is derived from one.
func mayTry(name string, ctx context.Context, err error) bool {
	_, direct := ctx.(*coro.Co)
	tries := []string{
		"*lock.Mutex.LockWait", "*lock.RWMutex.LockWait", "*lock.RWMutex.RLockWait", "*lock.Semaphore.AcquireWait",
		"*mpsc.Sender[int].SendWait",
	}
	return err == nil && !direct && slices.Contains(tries, name)
}

// Waiting for tasks is what would never end, so it is noticed whatever the context is.
func TestWaitingForATaskInsideATaskAnswersErrNested(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	_, err := join(t, executor.Go(rt, func(co *coro.Co) (int, error) {
		gate := lock.NewSemaphore(0) // what has ended can be had without blocking
		h := executor.Go(co, func(co *coro.Co) (int, error) { return 7, gate.Acquire(co, 1) })
		set := joinhandle.NewJoinSet[int](co)
		defer set.AbortAll()
		empty, err := set.Wait(context.Background())
		if err != joinhandle.ErrEmpty {
			t.Errorf("an empty set: %v, %v", empty, err)
		}
		set.Go(func(co *coro.Co) (int, error) { return 8, gate.Acquire(co, 1) })
		check := func() {
			if _, err := h.Wait(context.Background()); !errors.Is(err, core.ErrNested) {
				t.Errorf("JoinHandle.Wait: %v", err)
			}
			if _, err := set.Wait(context.Background()); !errors.Is(err, core.ErrNested) {
				t.Errorf("JoinSet.Wait: %v", err)
			}
		}
		check()
		inIterator(check)
		gate.Release(2)
		if v, err := h.Join(co); v != 7 || err != nil {
			t.Errorf("the task that was waited for: %d, %v", v, err)
		}
		if j, err := set.Join(co); j.Value != 8 || err != nil {
			t.Errorf("the task of the set: %v, %v", j, err)
		}
		return 0, nil
	}))
	if err != nil {
		t.Error(err)
	}
}

// Elsewhere a Co is a context like others: it ends the wait when the task is aborted.
func TestATasksContextMayBlockOtherGoroutines(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	waits := make(chan struct{})
	h := executor.Go(rt, func(co *coro.Co) (int, error) {
		var free lock.Mutex
		_, err := executor.Blocking(co, func() (int, error) {
			_, err := free.LockWait(co)
			return 0, err
		})
		if err != nil {
			return 0, err
		}
		other := executor.Go(co, func(co *coro.Co) (int, error) { return 7, co.Yield() })
		return executor.Blocking(co, func() (int, error) { close(waits); return other.Wait(co) })
	})
	<-waits
	if v, err := join(t, h); v != 7 || err != nil {
		t.Errorf("have %d, %v", v, err)
	}
}

// A blocking call without a context looks at the stack, also at that of the goroutine that drives an iterator.
func TestARuntimesBlockingCallsInsideATaskAnswerErrNested(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	ctx := context.Background()
	calls := map[string]func() error{
		"BlockOn":          func() error { _, err := executor.BlockOn(ctx, rt, future.Ready(1)); return err },
		"Runtime.Shutdown": func() error { return rt.Shutdown(ctx) },
		"Runtime.Close":    rt.Close,
		"Main":             func() error { return executor.Main(ctx, executor.Options{}, func(*coro.Co) error { return nil }) },
		"Run": func() error {
			_, err := executor.Run(ctx, executor.Options{}, func(*coro.Co) (int, error) { return 0, nil })
			return err
		},
	}
	for name, call := range calls {
		for where, in := range map[string]func(func()){
			"directly": func(f func()) { f() }, "in an iterator": inIterator,
			"in an iterator of an iterator": func(f func()) { inIterator(func() { inIterator(f) }) },
		} {
			var body, poll, drop, end error
			ask := func(err *error) { in(func() { *err = call() }) }
			joinOK(t, executor.Go(rt, func(*coro.Co) (int, error) { ask(&body); return 0, nil }))
			polled, ended := make(chan struct{}), make(chan struct{})
			g := executor.Spawn[int](rt, &asker{
				poll: func() { ask(&poll); close(polled) }, drop: func() { ask(&drop) },
			})
			<-polled
			g.OnEnd(func() { ask(&end); close(ended) })
			g.Abort()
			<-ended
			for kind, err := range map[string]error{"a body": body, "a poll": poll, "a drop": drop, "an end": end} {
				if !errors.Is(err, core.ErrNested) || !strings.HasPrefix(err.Error(), "executor."+name+" called inside a task") {
					t.Errorf("%s, %s: in %s it returned %v", name, where, kind, err)
				}
			}
		}
	}
	if _, err := executor.BlockOn(ctx, rt, future.Ready(1)); err != nil {
		t.Errorf("outside: %v", err)
	}
	inIterator(func() {
		if _, err := executor.BlockOn(ctx, rt, future.Ready(1)); err != nil {
			t.Errorf("outside, in an iterator: %v", err)
		}
	})
}

// An asker does what it is told when it is polled, and when it is dropped.
type asker struct{ poll, drop func() }

func (a *asker) Poll(*core.Context) (int, bool) { a.poll(); return 0, false }
func (a *asker) Drop()                          { a.drop() }
