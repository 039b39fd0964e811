package executor_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
)

func TestABlockingFunctionsValueIsTheBodys(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	var r resource
	got, err := join(t, executor.Go(rt, func(co *coro.Co) (*resource, error) {
		return executor.BlockingOwned(co, func() (*resource, error) { return &r, nil })
	}))
	if got != &r || err != nil || r.closed.Load() != 0 {
		t.Errorf("have %p, %v, closed %d times", got, err, r.closed.Load())
	}
}

func TestABlockingFunctionsValueThatNobodyTakesIsClosed(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	var r resource
	running, release := make(chan struct{}), make(chan struct{})
	h := executor.Go(rt, func(co *coro.Co) (*resource, error) {
		return executor.BlockingOwned(co, func() (*resource, error) {
			close(running)
			<-release
			return &r, nil
		})
	})
	<-running
	h.Abort()
	if _, err := join(t, h); !errors.Is(err, core.ErrCancelled) || r.closed.Load() != 0 {
		t.Errorf("have %v, closed %d times before it was made", err, r.closed.Load())
	}
	close(release)
	eventually(t, "it is closed", func() bool { return r.closed.Load() == 1 })
}

func TestABlockingFunctionThatFailsHasNothingToClose(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	boom := errors.New("boom")
	_, err := join(t, executor.Go(rt, func(co *coro.Co) (*resource, error) {
		return executor.BlockingOwned(co, func() (*resource, error) { return nil, boom })
	}))
	if !errors.Is(err, boom) {
		t.Errorf("have %v", err)
	}
}

// The pool offers, and the body leaves or accepts, in each order that there is.
func TestAHandoverClosesItsValueOnce(t *testing.T) {
	for _, test := range []struct {
		steps string
		want  int32
	}{
		{"offer accept leave", 0}, {"offer leave", 1}, {"leave offer", 1}, {"leave", 0}, {"offer leave leave", 1},
	} {
		var r resource
		executor.PlayHandover(&r, test.steps)
		if n := r.closed.Load(); n != test.want {
			t.Errorf("%s: closed %d times, want %d", test.steps, n, test.want)
		}
	}
}

func TestBlockingOwnedOfNothingPanics(t *testing.T) {
	if !modetest.First() {
		return
	}
	defer func() {
		if v := recover(); v != "executor: BlockingOwned with a nil function" {
			t.Errorf("have %v", v)
		}
	}()
	executor.BlockingOwned[*resource](nil, nil)
}

func ExampleBlockingOwned() {
	_, err := executor.Run(context.Background(), executor.Options{}, func(co *coro.Co) (string, error) {
		f, err := executor.BlockingOwned(co, func() (*os.File, error) { return os.Open(os.DevNull) })
		if err != nil {
			return "", err
		}
		defer f.Close()
		fmt.Println(f.Name() == os.DevNull)
		return "", nil
	})
	fmt.Println(err)
	// Output:
	// true
	// <nil>
}
