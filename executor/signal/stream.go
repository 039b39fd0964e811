package signal

import (
	"context"
	"errors"
	"iter"
	"os"
	"os/signal"
	"slices"
	"sync"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/lock"
)

var (
	// ErrClosed is the error of a receive on a closed stream that holds no signal. It wraps core.ErrClosed.
	ErrClosed error = closedError{}

	// ErrEmpty is the error of TryRecv if there is no signal, or none that no other receiver waits for.
	ErrEmpty = errors.New("signal: no signal")
)

type closedError struct{}

func (closedError) Error() string { return "signal: stream is closed" }
func (closedError) Unwrap() error { return core.ErrClosed }

// A Stream receives signals. [NewStream] makes it, and the caller of NewStream owes it a [Stream.Close]. All
// methods may be called from any goroutine, by any number at a time; those of a zero Stream panic.
//
// There is a permit for each signal in pending. A receiver that has acquired a permit takes a signal, so receivers are
// served in the order of the semaphore, and a permit that a dropped receiver gives back serves the next. The number of
// permits, free or acquired, is that of the signals except at two moments, neither of which leaves a receiver with a
// permit and without a signal:
//
//   - deliver has added a signal, and not yet released its permit;
//   - the stream is closed. There are no permits then, and receivers take the signals that are left. A receiver
//     that has acquired a permit just before may find no signal, and returns ErrClosed.
type Stream struct {
	kinds   []os.Signal // those of NewStream, each once; constant
	sources []chan os.Signal
	readers sync.WaitGroup // a goroutine for each source
	closing sync.Once

	permits lock.Semaphore
	mu      sync.Mutex  // guards pending, and is held for no longer than that takes
	pending []os.Signal // not received, in order of arrival; each kind once at most
}

// NewStream opens a stream for sigs. The default actions of sigs are off when it returns. A signal that appears twice
// counts once.
//
// It panics, and changes no default action, if sigs is empty or has a signal that could never arrive: nil, one
// of a type that os/signal does not know, or one that no process can catch, such as os.Kill.
func NewStream(sigs ...os.Signal) *Stream {
	check(sigs)
	s := &Stream{}
	for _, sig := range sigs {
		if !slices.Contains(s.kinds, sig) {
			s.kinds = append(s.kinds, sig)
		}
	}
	s.pending = make([]os.Signal, 0, len(s.kinds))
	for _, sig := range s.kinds {
		// os/signal drops what a channel has no room for. With a channel for each kind, and room for
		// one, that is another of the same kind only.
		source := make(chan os.Signal, 1)
		s.sources = append(s.sources, source)
		signal.Notify(source, sig)
		s.readers.Go(func() {
			for sig := range source {
				s.deliver(sig)
			}
		})
	}
	return s
}

// deliver puts sig into the stream, unless the stream holds one of its kind.
func (s *Stream) deliver(sig os.Signal) {
	s.mu.Lock()
	known := slices.Contains(s.pending, sig)
	if !known {
		s.pending = append(s.pending, sig)
	}
	s.mu.Unlock()
	if !known {
		s.permits.Release(1)
	}
}

// take takes the signal that has waited longest. The caller has a permit, or the stream is closed.
func (s *Stream) take() (os.Signal, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.pending) == 0 {
		return nil, ErrClosed
	}
	sig := s.pending[0]
	s.pending = slices.Delete(s.pending, 0, 1)
	return sig, nil
}

// received returns the result of a receive; err is that of acquiring the permit.
func (s *Stream) received(err error) (os.Signal, error) {
	if err != nil && err != lock.ErrClosed {
		return nil, err
	}
	return s.take()
}

// assertMade panics for a Stream that NewStream has not made, in which no signal would ever arrive.
func (s *Stream) assertMade() {
	if s == nil || s.kinds == nil {
		panic("signal: a Stream is made by NewStream")
	}
}

// Recv suspends the body of co until there is a signal, and returns it. The error is [ErrClosed] if the stream is
// closed and holds none, or the cause if co was cancelled; no signal is lost then.
func (s *Stream) Recv(co *coro.Co) (os.Signal, error) {
	s.assertMade()
	return s.received(s.permits.Acquire(co, 1))
}

// RecvWait blocks the calling goroutine until there is a signal, and returns it. The error is [ErrClosed] if the stream
// is closed and holds none, or the cause of ctx if that is done first; no signal is lost then. A call inside a task
// returns core.ErrNested.
func (s *Stream) RecvWait(ctx context.Context) (os.Signal, error) {
	s.assertMade()
	return s.received(s.permits.AcquireWait(ctx, 1))
}

// TryRecv returns a signal if there is one that no receiver waits for. Otherwise the error is [ErrEmpty] or
// [ErrClosed].
func (s *Stream) TryRecv() (os.Signal, error) {
	s.assertMade()
	if !s.permits.TryAcquire(1) && !s.permits.Closed() {
		return nil, ErrEmpty
	}
	return s.take()
}

// All ranges over the signals as they arrive, until the stream is closed. If co is cancelled, the last
// iteration has the cause as its error. After a break another All goes on with the next signal.
func (s *Stream) All(co *coro.Co) iter.Seq2[os.Signal, error] {
	return iterate(func() (os.Signal, error) { return s.Recv(co) })
}

// AllWait is [Stream.All] for plain goroutines.
func (s *Stream) AllWait(ctx context.Context) iter.Seq2[os.Signal, error] {
	return iterate(func() (os.Signal, error) { return s.RecvWait(ctx) })
}

func iterate(recv func() (os.Signal, error)) iter.Seq2[os.Signal, error] {
	return func(yield func(os.Signal, error) bool) {
		for {
			sig, err := recv()
			if err == ErrClosed || !yield(sig, err) || err != nil {
				return
			}
		}
	}
}

// Close ends the stream.
//
//  1. No more signals arrive, and the default actions are on again for kinds that no other code uses. Close waits for
//     signals on their way.
//  2. Those are put into the stream, and its goroutines end.
//  3. Receivers that wait are woken, with [ErrClosed].
//
// Signals that the stream holds can still be received, and then ErrClosed follows. A second Close
// changes nothing, and returns when the first has. A task may call Close: it waits for
// the steps above only, which take microseconds.
func (s *Stream) Close() {
	s.assertMade()
	s.closing.Do(func() {
		for _, source := range s.sources { // 1
			signal.Stop(source)
		}
		for _, source := range s.sources { // 2
			close(source)
		}
		s.readers.Wait()
		s.permits.Close() // 3
	})
}

// Closed reports whether no more signals can arrive: a Close has come to its end. The stream may still hold some.
func (s *Stream) Closed() bool {
	s.assertMade()
	return s.permits.Closed()
}
