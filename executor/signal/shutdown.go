package signal

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/internal/nested"
)

// A SecondError is the error of [ShutdownOnSignal] if a second signal has cut the grace short.
type SecondError struct{ Signal os.Signal }

// Error names the second signal.
func (e *SecondError) Error() string { return fmt.Sprintf("signal: second signal: %v", e.Signal) }

// ShutdownOnSignal waits for a signal of s and then ends rt. The main function of a server ends with it. It owns s, and
// has closed it when it returns.
//
//  1. The caller has opened s with [NewStream], which turns the default actions of its signals off. A server does so
//     before it says that it listens: from then on no signal is lost, and none ends the process.
//  2. It blocks until a signal arrives.
//  3. rt is shut down: see Runtime.Shutdown. It drains: listeners close, so that their ports refuse, and the
//     tasks have until grace is over, which may be zero. The awaits of tasks in executor.UntilDrain fail.
//  4. If another signal arrives meanwhile, or ctx is done, grace is over at once.
//  5. When grace is over the default actions are on again, so that a third signal ends the process even if a task
//     never leaves its worker. Tasks that are left are aborted, and rt ends as Shutdown describes, after
//     Options.CleanupGrace at the latest.
//
// It returns the first signal, and the error of Shutdown: nil if every task ended by itself in time, and
// otherwise one that wraps the cause: context.DeadlineExceeded, a [*SecondError] or the cause of ctx. rt
// has ended then in any case; like Shutdown it waits for a task that never leaves its worker.
//
// If no signal came, the signal is nil, and the error is executor.ErrClosed if another call has ended rt,
// or the cause of ctx, or [ErrClosed] if s was closed, and then rt goes on. If another call is ending rt when the signal
// comes, ShutdownOnSignal waits for that, and the error is executor.ErrClosed as well.
//
// It knows tasks only. A server of net/http over the connections of compat/stdnet serves on goroutines, which it does not wait
// for: call Shutdown of the server first, when the signal has come (Stream.RecvWait), and then that of the runtime.
//
// It is called from a plain goroutine, once for a runtime; a call inside a task returns core.ErrNested. When it
// returns, the default actions are on and no goroutine is left.
func ShutdownOnSignal(ctx context.Context, rt *executor.Runtime, grace time.Duration, s *Stream) (os.Signal, error) {
	switch {
	case rt == nil:
		panic("signal: ShutdownOnSignal of a nil Runtime")
	case grace < 0:
		panic(fmt.Sprintf("signal: ShutdownOnSignal with a grace of %v, which is negative", grace))
	}
	s.assertMade()
	defer s.Close()
	if coro.Inside() {
		return nil, &nested.Error{Call: "signal.ShutdownOnSignal", Instead: "call it on a goroutine of its own"}
	}
	first, err := recvWhileOpen(ctx, s, rt) // 2
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithTimeout(ctx, grace) // 3
	defer stop()
	ctx, abort := context.WithCancelCause(ctx)
	var watching sync.WaitGroup
	watching.Go(func() {
		second, err := s.RecvWait(ctx)
		s.Close() // 5, before the abort: a task that sees the abort can rely on it
		if err == nil {
			abort(&SecondError{second}) // 4
		}
	})
	err = rt.Shutdown(ctx)
	abort(nil) // ends the goroutine above if rt ended in time
	watching.Wait()
	return first, err
}

// recvWhileOpen is RecvWait that ends with executor.ErrClosed when rt has ended.
func recvWhileOpen(ctx context.Context, s *Stream, rt *executor.Runtime) (os.Signal, error) {
	ctx, stop := context.WithCancelCause(ctx)
	var watching sync.WaitGroup
	watching.Go(func() {
		select {
		case <-rt.Done():
			stop(executor.ErrClosed)
		case <-ctx.Done():
		}
	})
	defer watching.Wait()
	defer stop(nil)
	return s.RecvWait(ctx)
}
