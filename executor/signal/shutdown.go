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

// A SecondError is what [ShutdownOnSignal] returns if a second signal has cut the grace short.
type SecondError struct{ Signal os.Signal }

// Error names the second signal.
func (e *SecondError) Error() string { return fmt.Sprintf("signal: second signal: %v", e.Signal) }

// ShutdownOnSignal waits for one of sigs and ends rt then. It is what the main function of a server
// ends with.
//
//  1. The signals are taken over, as by [NewStream], whose panics are those of this function too.
//  2. It blocks until one of them arrives.
//  3. rt is shut down: see Runtime.Shutdown. It drains: listeners close, so that their ports refuse, and its
//     tasks, which may be told (executor.UntilDrain), have until grace is over, which may be zero.
//  4. If another signal arrives meanwhile, or ctx is done, grace is over at once.
//  5. When grace is over the signals are given back, so that a third ends the process even if a task
//     never lets go of its worker. Tasks that are left are aborted, and rt ends as it always does, after
//     Options.CleanupGrace at the latest.
//
// It returns the first signal, and the error of Shutdown: nil if every task ended by itself in time, and
// otherwise context.DeadlineExceeded, a [*SecondError] or the cause of ctx; or a *executor.BusyError. rt
// has ended then in any case; it waits for a task that never lets go of its worker, as Shutdown does.
//
// If no signal came, the signal is nil, and the error is executor.ErrClosed if rt was ended by somebody
// else, or the cause of ctx, and then rt goes on. If somebody else is at ending rt when the signal comes,
// it is waited for, and the error is executor.ErrClosed as well.
//
// It is called from a plain goroutine, once for a runtime; a task gets core.ErrNested at once. When it
// returns the signals are given back and no goroutine is left.
func ShutdownOnSignal(ctx context.Context, rt *executor.Runtime, grace time.Duration, sigs ...os.Signal) (os.Signal, error) {
	switch {
	case rt == nil:
		panic("signal: ShutdownOnSignal of a nil Runtime")
	case grace < 0:
		panic(fmt.Sprintf("signal: ShutdownOnSignal with a grace of %v, which is negative", grace))
	}
	if coro.Inside() {
		return nil, &nested.Error{Call: "signal.ShutdownOnSignal", Instead: "call it on a goroutine of its own"}
	}
	return shutdownOn(ctx, rt, grace, NewStream(sigs...)) // 1
}

// shutdownOn is the rest of ShutdownOnSignal. It closes s.
func shutdownOn(ctx context.Context, rt *executor.Runtime, grace time.Duration, s *Stream) (os.Signal, error) {
	defer s.Close()
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
		s.Close() // 5, and before the abort: who sees that can rely on it
		if err == nil {
			abort(&SecondError{second}) // 4
		}
	})
	err = rt.Shutdown(ctx)
	abort(nil) // for who watches, if rt ended in time
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
