//go:build unix

package signal_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	ossignal "os/signal"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
	"github.com/moduvex/moduvex-go/executor/signal"
)

// An ending is a ShutdownOnSignal under way.
type ending struct {
	stream *signal.Stream
	over   chan struct{}
	first  os.Signal
	err    error
}

func endOnSignal(ctx context.Context, rt *executor.Runtime, grace time.Duration) *ending {
	e := &ending{signal.NewStream(syscall.SIGUSR1, syscall.SIGUSR2), make(chan struct{}), nil, nil}
	go func() {
		defer close(e.over)
		e.first, e.err = signal.ShutdownOnSignal(ctx, rt, grace, e.stream)
	}()
	return e
}

// want waits for the end and fails unless it returned sig and an error for which ok is true.
func (e *ending) want(t *testing.T, sig os.Signal, ok func(error) bool) {
	t.Helper()
	receive(t, "ShutdownOnSignal returns", e.over)
	if e.first != sig || !ok(e.err) {
		t.Errorf("ShutdownOnSignal returned %v, %v; want %v", e.first, e.err, sig)
	}
	if _, err := e.stream.TryRecv(); err != signal.ErrClosed {
		t.Errorf("its stream returns %v, want ErrClosed", err)
	}
}

func none(err error) bool { return err == nil }

func is(target error) func(error) bool {
	return func(err error) bool { return errors.Is(err, target) }
}

// closing waits until rt refuses tasks.
func closing(t testing.TB, rt *executor.Runtime) {
	eventually(t, "the runtime closes", func() bool {
		_, err := join(t, executor.Spawn(rt, future.Ready(0)))
		return errors.Is(err, core.ErrShutdown)
	})
}

// forever is a body that waits until it is cancelled.
func forever(co *coro.Co) (int, error) { return 0, coro.Sleep(co, time.Hour) }

func TestTheFirstSignalShutsDownInGoodOrder(t *testing.T) {
	rt := makeRuntime(t, executor.Options{})
	var cleaned atomic.Bool
	end := make(chan struct{})
	stop := notify(t, syscall.SIGUSR1)
	h := executor.Go(rt, func(co *coro.Co) (int, error) {
		if _, err := stop.Recv(co); err != nil { // the task hears of it too
			return 0, err
		}
		<-end
		cleaned.Store(true)
		return 1, nil
	})
	e := endOnSignal(context.Background(), rt, time.Hour)
	raise(t, syscall.SIGUSR1)
	close(end)
	e.want(t, syscall.SIGUSR1, none)
	if v, err := join(t, h); v != 1 || err != nil || !cleaned.Load() {
		t.Errorf("the task returned %v, %v", v, err)
	}
	if err := rt.Close(); err != executor.ErrClosed {
		t.Errorf("Close after it: %v", err)
	}
}

func TestWhenGraceIsOverTasksAreAborted(t *testing.T) {
	for _, grace := range []time.Duration{0, time.Millisecond} {
		rt := makeRuntime(t, executor.Options{})
		h := executor.Go(rt, forever)
		e := endOnSignal(context.Background(), rt, grace)
		raise(t, syscall.SIGUSR2)
		e.want(t, syscall.SIGUSR2, is(context.DeadlineExceeded))
		if _, err := join(t, h); !errors.Is(err, core.ErrCancelled) {
			t.Errorf("the task returned %v", err)
		}
	}
}

func TestASecondSignalEndsTheGrace(t *testing.T) {
	rt := makeRuntime(t, executor.Options{})
	h := executor.Go(rt, forever)
	e := endOnSignal(context.Background(), rt, time.Hour)
	raise(t, syscall.SIGUSR1)
	closing(t, rt)
	if h.Finished() {
		t.Error("the first signal has ended the task")
	}
	raise(t, syscall.SIGUSR2)
	e.want(t, syscall.SIGUSR1, func(err error) bool {
		var second *signal.SecondError
		return errors.As(err, &second) && second.Signal == syscall.SIGUSR2 &&
			second.Error() == "signal: second signal: "+syscall.SIGUSR2.String()
	})
	if _, err := join(t, h); !errors.Is(err, core.ErrCancelled) {
		t.Errorf("the task returned %v", err)
	}
}

func TestAContextEndsTheWaitOrTheGrace(t *testing.T) {
	why := errors.New("why")
	rt := makeRuntime(t, executor.Options{})
	h := executor.Go(rt, forever)
	ctx, cancel := context.WithCancelCause(context.Background())
	e := endOnSignal(ctx, rt, time.Hour)
	cancel(why)
	e.want(t, nil, is(why))
	waiting(t, rt, 1) // it goes on

	ctx, cancel = context.WithCancelCause(context.Background())
	e = endOnSignal(ctx, rt, time.Hour)
	raise(t, syscall.SIGUSR1)
	closing(t, rt)
	cancel(why)
	e.want(t, syscall.SIGUSR1, is(why))
	if _, err := join(t, h); !errors.Is(err, core.ErrCancelled) {
		t.Errorf("the task returned %v", err)
	}
}

func TestARuntimeThatIsClosedBySomebodyElse(t *testing.T) {
	rt := makeRuntime(t, executor.Options{})
	e := endOnSignal(context.Background(), rt, time.Hour)
	if err := rt.Close(); err != nil {
		t.Fatal(err)
	}
	e.want(t, nil, is(executor.ErrClosed))
}

func init() {
	children["a third signal"] = func() {
		rt, err := executor.New(executor.Options{})
		if err != nil {
			panic(err)
		}
		guard := signal.NewStream(syscall.SIGINT)
		executor.Spawn(rt, future.Func(func(*core.Context) (int, bool) {
			select {} // a worker that is lost
		}))
		go signal.ShutdownOnSignal(context.Background(), rt, time.Hour, signal.NewStream(syscall.SIGINT))
		for end := time.Now().Add(testTimeout); time.Now().Before(end); time.Sleep(time.Millisecond) {
			syscall.Kill(os.Getpid(), syscall.SIGINT)
			if guard == nil {
				continue
			}
			h := executor.Spawn(rt, future.Func(func(*core.Context) (int, bool) { return 0, false }))
			if h.Finished() { // refused: the first has come
				fmt.Println("closing")
				guard.Close()
				guard = nil
			}
		}
	}
}

func TestAThirdSignalEndsTheProcess(t *testing.T) {
	if !modetest.First() {
		return
	}
	if ossignal.Ignored(syscall.SIGINT) {
		t.Skip("the parent process made this one ignore SIGINT")
	}
	if sig, out := runChild(t, "a third signal"); sig != syscall.SIGINT || out != "closing\n" {
		t.Errorf("the process died of %q; it wrote %q", sig, out)
	}
}
