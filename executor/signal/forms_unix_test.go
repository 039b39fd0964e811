//go:build unix

package signal_test

import (
	"context"
	"errors"
	"os"
	"slices"
	"syscall"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/signal"
)

// notify opens a stream that is closed at the end of the test.
func notify(t testing.TB, sigs ...os.Signal) *signal.Stream {
	s := signal.NewStream(sigs...)
	t.Cleanup(s.Close)
	return s
}

// wantRest fails unless a closed stream holds want, in any order.
func wantRest(t *testing.T, s *signal.Stream, want ...os.Signal) {
	t.Helper()
	var got []os.Signal
	for {
		sig, err := s.TryRecv()
		if err == signal.ErrClosed {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, sig)
	}
	byNumber := func(a, b os.Signal) int { return int(a.(syscall.Signal)) - int(b.(syscall.Signal)) }
	slices.SortFunc(got, byNumber)
	if !slices.Equal(got, want) {
		t.Errorf("the stream held %v, want %v", got, want)
	}
}

// received is what a receive returns.
type received = core.Result[os.Signal]

// A form starts a receive somewhere.
type form struct {
	name  string
	tasks int // of the runtime that wait
	start func(rt *executor.Runtime, s *signal.Stream) <-chan received
}

// forms are the ways to wait for a signal.
var forms = []form{
	{"a body", 1, func(rt *executor.Runtime, s *signal.Stream) <-chan received {
		c := make(chan received, 1)
		executor.Do(rt, func(co *coro.Co) error {
			sig, err := s.Recv(co)
			c <- received{Value: sig, Err: err}
			return nil
		})
		return c
	}},
	{"a future", 1, func(rt *executor.Runtime, s *signal.Stream) <-chan received {
		c := make(chan received, 1)
		f := s.RecvFuture()
		h := executor.Spawn[received](rt, &f)
		go func() {
			r, err := h.Wait(context.Background())
			c <- received{Value: r.Value, Err: errors.Join(err, r.Err)}
		}()
		return c
	}},
	{"a goroutine", 0, func(_ *executor.Runtime, s *signal.Stream) <-chan received {
		c := make(chan received, 1)
		go func() {
			sig, err := s.RecvWait(context.Background())
			c <- received{Value: sig, Err: err}
		}()
		return c
	}},
	{"a range of a body", 1, func(rt *executor.Runtime, s *signal.Stream) <-chan received {
		c := make(chan received, 1)
		executor.Do(rt, func(co *coro.Co) error {
			for sig, err := range s.All(co) {
				c <- received{Value: sig, Err: err}
				return nil
			}
			c <- received{Err: signal.ErrClosed}
			return nil
		})
		return c
	}},
	{"a range of a goroutine", 0, func(_ *executor.Runtime, s *signal.Stream) <-chan received {
		c := make(chan received, 1)
		go func() {
			for sig, err := range s.AllWait(context.Background()) {
				c <- received{Value: sig, Err: err}
				return
			}
			c <- received{Err: signal.ErrClosed}
		}()
		return c
	}},
}
