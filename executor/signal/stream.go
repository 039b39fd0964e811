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
	// ErrClosed is what a receive on a stream returns that is closed and has nothing left. It wraps core.ErrClosed.
	ErrClosed error = closedError{}

	// ErrEmpty answers TryRecv when there is nothing, or what there is belongs to those who wait.
	ErrEmpty = errors.New("signal: no signal")
)

type closedError struct{}

func (closedError) Error() string { return "signal: stream is closed" }
func (closedError) Unwrap() error { return core.ErrClosed }

// A Stream receives signals. It is made by [NewStream], and whoever made it calls [Stream.Close]. All
// methods may be called from any goroutine, by any number at a time.
//
// There is a permit for each signal in pending. Who has acquired one takes a signal, so the order of
// the semaphore is that of the receivers, and what it does about those who are given up goes for
// signals too. The number of permits, free or acquired, is that of the signals but for two moments,
// neither of which leaves anybody with a permit and without a signal:
//
//   - deliver has added a signal, and not yet released its permit;
//   - the stream is closed. There are no permits then, and who comes takes what there is. A receiver
//     that has acquired one just before may find that nothing is left, and is told of the close.
type Stream struct {
	kinds   []os.Signal // what was asked for, each once; constant
	sources []chan os.Signal
	readers sync.WaitGroup // a goroutine for each source
	closing sync.Once

	permits lock.Semaphore
	mu      sync.Mutex  // guards pending, and is held for no longer than that takes
	pending []os.Signal // not received, in order of arrival; each kind once at most
}

// NewStream opens a stream for sigs, which are taken over from their default action when it returns.
//
// It panics, and takes nothing over, if sigs is empty or has a signal that could never arrive: nil, one
// of a type that os/signal does not know, or one that the system lets nobody catch, such as os.Kill. One
// that appears twice counts once.
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

// deliver puts sig into the stream, unless one of its kind is there.
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

// taken is what a receive comes to whose attempt to acquire a permit came to err.
func (s *Stream) taken(err error) (os.Signal, error) {
	if err != nil && err != lock.ErrClosed {
		return nil, err
	}
	return s.take()
}

// made panics for a Stream that NewStream has not made, in which nothing would ever arrive.
func (s *Stream) made() {
	if s == nil || s.kinds == nil {
		panic("signal: a Stream is made by NewStream")
	}
}

// Recv suspends the body of co until there is a signal, and returns it. The error is [ErrClosed] if there
// will be none, or why co was cancelled; no signal is lost then.
func (s *Stream) Recv(co *coro.Co) (os.Signal, error) {
	s.made()
	return s.taken(s.permits.Acquire(co, 1))
}

// RecvWait blocks the calling goroutine until there is a signal, and returns it. The error is [ErrClosed]
// if there will be none, or the cause of ctx if that is done first; no signal is lost then.
func (s *Stream) RecvWait(ctx context.Context) (os.Signal, error) {
	s.made()
	return s.taken(s.permits.AcquireWait(ctx, 1))
}

// TryRecv returns a signal if there is one that nobody waits for. Else the error is [ErrEmpty] or
// [ErrClosed].
func (s *Stream) TryRecv() (os.Signal, error) {
	s.made()
	if !s.permits.TryAcquire(1) && !s.permits.Closed() {
		return nil, ErrEmpty
	}
	return s.take()
}

// All ranges over the signals as they arrive, until the stream is closed. If co is cancelled, the last
// round has the error that says why. A loop that is left may be taken up again with another All.
func (s *Stream) All(co *coro.Co) iter.Seq2[os.Signal, error] {
	return rounds(func() (os.Signal, error) { return s.Recv(co) })
}

// AllWait is [Stream.All] for plain goroutines.
func (s *Stream) AllWait(ctx context.Context) iter.Seq2[os.Signal, error] {
	return rounds(func() (os.Signal, error) { return s.RecvWait(ctx) })
}

func rounds(recv func() (os.Signal, error)) iter.Seq2[os.Signal, error] {
	return func(yield func(os.Signal, error) bool) {
		for {
			sig, err := recv()
			if err == ErrClosed || !yield(sig, err) || err != nil {
				return
			}
		}
	}
}

// Close gives the signals back.
//
//  1. No more arrive: what is not another's gets its default action back. Those on their way are
//     waited for.
//  2. They are put into the stream, and its goroutines end.
//  3. Who waits is woken, with [ErrClosed].
//
// What the stream holds can still be received after it, and then comes ErrClosed. Closing again
// changes nothing; it returns when the first Close is through. A task may call it: it waits for
// nothing but the steps above, which take microseconds.
func (s *Stream) Close() {
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
