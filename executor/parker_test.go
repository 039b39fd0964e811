package executor_test

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/channel/mpsc"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/timer"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
	"github.com/moduvex/moduvex-go/reactor"
)

// streams makes a connection: s is ours, and peer is of package net.
func streams(t testing.TB, rt *executor.Runtime) (s *tcp.Stream, peer net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	r, err := executor.PollHere(within(t), rt, tcp.DialFuture(l.Addr().(*net.TCPAddr).AddrPort()))
	if err == nil {
		s, err = r.Get()
	}
	if err != nil {
		t.Fatal(err)
	}
	if peer, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close(); peer.Close() })
	return s, peer
}

// read is a Read on an ordinary goroutine.
func read(p *executor.Parker, s *tcp.Stream, b []byte) (int, error) {
	for {
		n, ready, err := s.PollRead(p.Context(), b)
		if ready {
			return n, err
		}
		p.Park()
	}
}

func TestAGoroutineReadsThroughAParker(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	s, peer := streams(t, rt)
	p := rt.Parker(rt.Workers() - 1)
	defer p.Release()
	go func() {
		for i := range 100 {
			peer.Write([]byte{byte(i)})
			var back [1]byte
			io.ReadFull(peer, back[:])
		}
		peer.Close()
	}()
	b := make([]byte, 8)
	for i := range 100 {
		n, err := read(p, s, b)
		if n != 1 || err != nil || b[0] != byte(i) {
			t.Fatalf("read %d bytes %v, %v in round %d", n, b[:n], err, i)
		}
		if _, _, err := s.PollWrite(p.Context(), b[:1]); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := read(p, s, b); n != 0 || err != io.EOF {
		t.Errorf("%d bytes, %v at the end, want io.EOF", n, err)
	}
}

// A deadline ends the waits of goroutines and of tasks alike, whichever of them was there first to arm its timer.
func TestADeadlineEndsTheWaitsOfGoroutinesAndTasks(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	for _, setFirst := range []bool{true, false} {
		s, _ := streams(t, rt)
		if setFirst {
			s.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
		}
		var wg sync.WaitGroup
		for i := range 4 {
			wg.Go(func() {
				p := rt.Parker(i % rt.Workers())
				defer p.Release()
				if _, err := read(p, s, make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
					t.Errorf("a goroutine's read: %v", err)
				}
			})
			h := executor.Do(rt, func(co *coro.Co) error {
				_, err := s.Read(co, make([]byte, 1))
				return err
			})
			wg.Go(func() {
				if _, err := h.Wait(within(t)); !errors.Is(err, os.ErrDeadlineExceeded) {
					t.Errorf("a task's read: %v", err)
				}
			})
		}
		if !setFirst {
			s.SetReadDeadline(time.Now().Add(time.Hour)) // far, and then near, and past at once
			s.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
		}
		wg.Wait()
		s.SetReadDeadline(time.Time{})
	}
}

func TestTheEndOfTheRuntimeEndsTheWaitsOfGoroutines(t *testing.T) {
	rt := makeRuntime(t, executor.Options{})
	s, _ := streams(t, rt)
	ended := make(chan error)
	go func() {
		p := rt.Parker(0)
		defer p.Release()
		_, err := read(p, s, make([]byte, 1))
		ended <- err
	}()
	eventually(t, "the goroutine waits", func() bool { return rt.Stats().Registrations > 0 })
	closeRuntime(t, rt)
	err := <-ended
	if !errors.Is(err, core.ErrShutdown) || !errors.Is(err, net.ErrClosed) {
		t.Errorf("have %v, want core.ErrShutdown", err)
	}
	refused, err := executor.PollHere(within(t), rt, future.Func(func(cx *core.Context) (error, bool) {
		h := executor.Do(cx, func(*coro.Co) error { return nil })
		_, err := h.Wait(within(t))
		return err, true
	}))
	if !errors.Is(refused, core.ErrShutdown) || err != nil {
		t.Errorf("a task that its future spawns after the end: %v; %v", refused, err)
	}
}

func TestPollHereWaitsForFutures(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	tx, rx := mpsc.New[int](1)
	defer rx.Close()
	executor.Do(rt, func(co *coro.Co) error {
		defer tx.Close()
		return tx.Send(co, 42)
	})
	r, err := executor.PollHere(within(t), rt, core.Future[core.Result[int]](rx))
	if v, e := r.Get(); v != 42 || e != nil || err != nil {
		t.Errorf("have %v %v, %v", v, e, err)
	}
	cause := errors.New("enough")
	if _, err := executor.PollHere(ended(cause), rt, timer.Sleep(time.Hour)); err != cause {
		t.Errorf("a context that is done: %v", err)
	}
	ctx, cancel := context.WithCancelCause(within(t))
	dropped := false
	f := future.Func(func(cx *core.Context) (int, bool) { cancel(cause); return 0, false })
	_, err = executor.PollHere(ctx, rt, dropping{f, &dropped})
	if err != cause || !dropped {
		t.Errorf("a context that is done later: %v, dropped: %t", err, dropped)
	}
	_, err = executor.PollHere(within(t), rt, future.Func(func(cx *core.Context) (int, bool) {
		h := executor.Do(cx, func(*coro.Co) error { return cause })
		_, err := h.Wait(within(t))
		if err != cause {
			t.Errorf("a task that its future has spawned: %v", err)
		}
		return 0, true
	}))
	if err != nil {
		t.Error(err)
	}
}

// A dropping future notes that it was dropped.
type dropping struct {
	core.Future[int]
	dropped *bool
}

func (d dropping) Drop() { *d.dropped = true }

func TestPollHereFailsInsideATask(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	_, err := executor.BlockOn(within(t), rt, future.Func(func(cx *core.Context) (error, bool) {
		dropped := false
		if !executor.Inside() {
			t.Error("Inside is false inside a task")
		}
		_, err := executor.PollHere(context.Background(), rt, dropping{never(), &dropped})
		if !errors.Is(err, core.ErrNested) || !dropped {
			t.Errorf("have %v, dropped: %t", err, dropped)
		}
		return nil, true
	}))
	if err != nil || executor.Inside() {
		t.Errorf("%v; Inside: %t", err, executor.Inside())
	}
}

// never is a future that stays pending.
func never() core.Future[int] {
	return future.Func(func(*core.Context) (int, bool) { return 0, false })
}

func TestPollHereDropsAFutureThatPanics(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	dropped := false
	defer func() {
		if r := recover(); r != "oh" || !dropped {
			t.Errorf("recovered %v, dropped: %t", r, dropped)
		}
	}()
	executor.PollHere(within(t), rt, dropping{future.Func(func(*core.Context) (int, bool) { panic("oh") }), &dropped})
}

// Many goroutines arm timers on one host at random, reset and drop them: each fires, none early.
func TestTimersOfGoroutinesAreNeverEarlyAndNeverLost(t *testing.T) {
	rt := startRuntime(t, executor.Options{Workers: 1})
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			for range 30 {
				d := rand.N(4 * time.Millisecond)
				begin := time.Now()
				drop, cancel := context.WithTimeout(within(t), d/2)
				if rand.IntN(3) == 0 {
					executor.PollHere(drop, rt, timer.Sleep(d))
				} else if _, err := executor.PollHere(within(t), rt, future.Race(timer.Sleep(time.Hour), timer.Sleep(d))); err != nil || time.Since(begin) < d {
					t.Errorf("a sleep of %v: %v after %v", d, err, time.Since(begin))
				}
				cancel()
			}
		})
	}
	wg.Wait()
}

// Waits that a deadline ends and waits that bytes end alternate: what ended one does not end the next.
func TestAParkerServesOneWaitAfterTheOther(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	s, peer := streams(t, rt)
	p := rt.Parker(0)
	defer p.Release()
	for i := range 200 {
		if i%2 == 0 {
			s.SetReadDeadline(time.Now().Add(time.Duration(i) * 10 * time.Microsecond))
			if _, err := read(p, s, make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Fatal(err)
			}
			s.SetReadDeadline(time.Time{})
			continue
		}
		peer.Write([]byte{1})
		if n, err := read(p, s, make([]byte, 1)); n != 1 || err != nil {
			t.Fatal(n, err)
		}
	}
}

func TestAReadThroughAParkerAllocatesNothing(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	s, peer := streams(t, rt)
	b := make([]byte, 1)
	n := testing.AllocsPerRun(200, func() {
		peer.Write(b)
		p := rt.Parker(0)
		read(p, s, b)
		p.Release()
	})
	if n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// A wait that is given up takes its waker out of the socket.
func TestAWaitThatIsGivenUpLeavesNoWaiter(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	s, peer := streams(t, rt)
	p := rt.Parker(0)
	w := p.Context().Waker()
	if _, ready, err := s.PollRead(p.Context(), make([]byte, 1)); ready || err != nil {
		t.Fatal(ready, err)
	}
	s.Unwait(w, reactor.Read)
	p.Release()
	peer.Write([]byte{7})
	q := rt.Parker(0)
	defer q.Release()
	b := make([]byte, 2)
	if n, err := read(q, s, b); err != nil || !slices.Equal(b[:n], []byte{7}) {
		t.Errorf("%v, %v", b[:n], err)
	}
}

// The deadline of a socket that is closed does not keep a runtime that has ended, however far it is.
func TestADistantDeadlineKeepsNoEndedRuntime(t *testing.T) {
	collected := make(chan struct{})
	func() {
		rt := makeRuntime(t, executor.Options{})
		runtime.AddCleanup(rt, func(c chan struct{}) { close(c) }, collected)
		s, _ := streams(t, rt)
		s.SetReadDeadline(time.Now().Add(time.Hour))
		p := rt.Parker(0)
		if _, ready, err := s.PollRead(p.Context(), make([]byte, 1)); ready {
			t.Error(err)
		}
		p.Release()
		s.Close()
		closeRuntime(t, rt)
	}()
	eventually(t, "the runtime is collected", func() bool {
		runtime.GC()
		select {
		case <-collected:
			return true
		default:
			return false
		}
	})
}

func TestNextWorkerNamesAllWorkers(t *testing.T) {
	rt := startRuntime(t, executor.Options{Workers: 3})
	seen := map[int]int{}
	for range 30 {
		seen[rt.NextWorker()]++
	}
	if len(seen) != 3 || seen[0] != 10 || seen[1] != 10 || seen[2] != 10 {
		t.Errorf("of 30 calls, the workers have %v, want 10 each", seen)
	}
}
