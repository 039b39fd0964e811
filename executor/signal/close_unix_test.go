//go:build unix

package signal_test

import (
	"context"
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/signal"
	"github.com/moduvex/moduvex-go/joinhandle"
)

func TestCloseWakesWhoWaits(t *testing.T) {
	rt := newRuntime(t)
	s := notify(t, syscall.SIGUSR1, syscall.SIGUSR2)
	var all []<-chan received
	for _, f := range forms {
		all = append(all, f.start(rt, s))
	}
	waiting(t, rt, 3)
	if s.Closed() {
		t.Error("an open stream says that it is closed")
	}
	do(t, rt, func(*coro.Co) error { s.Close(); return nil }) // from a task
	if !s.Closed() {
		t.Error("a closed stream says that it is open")
	}
	for i, c := range all {
		if r := receive(t, forms[i].name+" is woken", c); r.Value != nil || !errors.Is(r.Err, signal.ErrClosed) {
			t.Errorf("%s received %v, %v, want ErrClosed", forms[i].name, r.Value, r.Err)
		}
	}
	s.Close()
	for _, f := range forms {
		r := receive(t, f.name+" returns", f.start(rt, s))
		if r.Value != nil || !errors.Is(r.Err, signal.ErrClosed) {
			t.Errorf("%s after the close received %v, %v, want ErrClosed", f.name, r.Value, r.Err)
		}
	}
}

func TestWhatArrivedBeforeCloseCanBeReceivedAfterIt(t *testing.T) {
	rt := newRuntime(t)
	for _, f := range forms {
		s := notify(t, syscall.SIGUSR1)
		raise(t, syscall.SIGUSR1)
		s.Close()
		raise(t, syscall.SIGUSR1)
		if r := receive(t, f.name+" returns", f.start(rt, s)); r.Err != nil || r.Value != syscall.SIGUSR1 {
			t.Errorf("%s received %v, %v", f.name, r.Value, r.Err)
		}
		wantRest(t, s)
	}
}

func TestReceivesSignalsAndClosesInARace(t *testing.T) {
	rts := []*executor.Runtime{newRuntime(t), newRuntime(t)}
	for range 20 {
		s := notify(t, syscall.SIGUSR1, syscall.SIGUSR2)
		var received, ended atomic.Int64
		count := func(_ os.Signal, err error) {
			switch err {
			case nil:
				received.Add(1)
			case signal.ErrClosed:
				ended.Add(1)
			default:
				t.Error(err)
			}
		}
		var all sync.WaitGroup
		var tasks []joinhandle.JoinHandle[struct{}]
		for i := range 8 {
			tasks = append(tasks, executor.Do(rts[i%2], func(co *coro.Co) error {
				for sig, err := range s.All(co) {
					count(sig, err)
				}
				ended.Add(1)
				return nil
			}))
		}
		all.Go(func() {
			for sig, err := range s.AllWait(context.Background()) {
				count(sig, err)
			}
			ended.Add(1)
		})
		aborted := executor.Go(rts[0], func(co *coro.Co) (os.Signal, error) { return s.Recv(co) })
		for range 20 {
			raise(t, syscall.SIGUSR1)
			raise(t, syscall.SIGUSR2)
		}
		aborted.Abort()
		for range 2 {
			all.Go(s.Close)
		}
		raise(t, syscall.SIGUSR1)
		for _, h := range tasks {
			join(t, h)
		}
		join(t, aborted)
		all.Wait()
		for {
			_, err := s.TryRecv() // what an aborted one gave back
			if err == signal.ErrClosed {
				break
			}
			count(nil, err)
		}
		if n := ended.Load(); n != 9 {
			t.Errorf("%d receivers saw the end, want 9", n)
		}
		if n := received.Load(); n > 41 {
			t.Errorf("%d signals received of 41", n)
		}
	}
}
