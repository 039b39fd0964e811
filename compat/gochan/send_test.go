package gochan_test

import (
	"errors"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/compat/gochan"
	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/joinhandle"
)

func TestSendWaitsForAReceiver(t *testing.T) {
	eachKind(t, func(t *testing.T, rt *executor.Runtime) {
		ch := make(chan any)
		var hs []joinhandle.JoinHandle[struct{}]
		for i := range 20 {
			var v any = i
			if i == 7 {
				v = nil
			}
			hs = append(hs, executor.Do(rt, func(co *coro.Co) error { return gochan.Send(co, ch, v) }))
			untilWaiting(t, rt, i+1)
		}
		seen := map[any]int{}
		for range hs {
			v, _ := within(t, ch)
			seen[v]++
		}
		for _, h := range hs {
			ok(t, h)
		}
		if len(seen) != 20 || seen[nil] != 1 {
			t.Errorf("20 tasks have sent %v", seen)
		}
		untilNoHelper(t, rt)
	})
}

func TestASendThatReturnsAnErrorHasNotSent(t *testing.T) {
	eachKind(t, func(t *testing.T, rt *executor.Runtime) {
		ch := make(chan int)
		h := executor.Do(rt, func(co *coro.Co) error { return gochan.Send(co, ch, 1) })
		untilWaiting(t, rt, 1)
		h.Abort()
		if _, err := wait(t, h); !errors.Is(err, core.ErrCancelled) {
			t.Errorf("an aborted Send returns %v", err)
		}
		select {
		case v := <-ch:
			t.Errorf("%d was sent by a task that is gone", v)
		default:
		}
		null := executor.Do(rt, func(co *coro.Co) error { return gochan.Send(co, nil, 1) })
		null.Abort()
		if _, err := wait(t, null); !errors.Is(err, core.ErrCancelled) {
			t.Errorf("an aborted Send to nil returns %v", err)
		}
		untilNoHelper(t, rt)
	})
}

// A task may close a channel when its Send has failed: the helper has nothing to do with it any more, which the race
// detector understands.
func TestATaskClosesTheChannelThatItSendsTo(t *testing.T) {
	eachKind(t, func(t *testing.T, rt *executor.Runtime) {
		for range 100 {
			ch, alike := make(chan int), make(chan int)
			h := executor.Do(rt, func(co *coro.Co) error {
				defer close(ch)
				return gochan.Send(co, ch, 1)
			})
			s := executor.Do(rt, func(co *coro.Co) error {
				defer close(alike)
				_, err := gochan.Select(co, gochan.OnSend(alike, 1, nil), gochan.OnRecv(make(chan int), nil))
				return err
			})
			untilWaiting(t, rt, 2)
			h.Abort()
			s.Abort()
			wait(t, h)
			wait(t, s)
			for range ch {
				t.Error("a value was sent")
			}
			for range alike {
				t.Error("a value was sent")
			}
		}
		untilNoHelper(t, rt)
	})
}

// Many sends are aborted while goroutines receive: those that return nil are those that were received.
func TestAbortedSendsKnowWhetherTheyHaveSent(t *testing.T) {
	eachKind(t, func(t *testing.T, rt *executor.Runtime) {
		const n = 2000
		ch := make(chan int)
		received := make(chan map[int]int)
		for range 3 {
			go func() {
				got := map[int]int{}
				for v := range ch {
					got[v]++
				}
				received <- got
			}()
		}
		sent := make([]bool, n)
		var hs []joinhandle.JoinHandle[struct{}]
		for i := range n {
			hs = append(hs, executor.Do(rt, func(co *coro.Co) error {
				err := gochan.Send(co, ch, i)
				sent[i] = err == nil
				return err
			}))
			if i >= 10 {
				hs[i-i%10].Abort()
			}
		}
		for _, h := range hs {
			wait(t, h)
		}
		untilNoHelper(t, rt)
		close(ch)
		got := map[int]int{}
		for range 3 {
			m, _ := within(t, received)
			for v, k := range m {
				got[v] += k
			}
		}
		for i, s := range sent {
			if s != (got[i] == 1) || got[i] > 1 {
				t.Errorf("value %d: Send returned nil: %v, and it was received %d times", i, s, got[i])
			}
		}
	})
}

func TestASendOnAClosedChannelPanicsInTheTask(t *testing.T) {
	eachKind(t, func(t *testing.T, rt *executor.Runtime) {
		closed := make(chan int)
		close(closed)
		const text = "send on closed channel"
		panics(t, executor.Do(rt, func(co *coro.Co) error { return gochan.Send(co, closed, 1) }), text)
		panics(t, executor.Spawn(rt, gochan.NewSend(closed, 1)), text)
		panics(t, executor.Do(rt, func(co *coro.Co) error {
			_, err := gochan.Select(co, gochan.OnSend(closed, 1, nil), gochan.OnRecv(make(chan int), nil))
			return err
		}), text)
		one(t, rt, func(co *coro.Co) error {
			defer func() {
				if err, ok := recover().(error); !ok || err.Error() != text {
					t.Errorf("the panic is %v", err)
				}
			}()
			return gochan.Send(co, closed, 1)
		})
	})
}

// A panic on the goroutine of a helper would end the process. Tasks wait when the channel is closed, and others with
// the same helper go on.
func TestAChannelThatIsClosedWhileTasksSendPanicsInThese(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector reports the close of a channel in which a send waits, in any program")
	}
	eachKind(t, func(t *testing.T, rt *executor.Runtime) {
		const text = "send on closed channel"
		ch, open, in := make(chan int), make(chan int), make(chan int)
		send := executor.Do(rt, func(co *coro.Co) error { return gochan.Send(co, ch, 1) })
		future := executor.Spawn(rt, gochan.NewSend(ch, 1))
		one := executor.Do(rt, func(co *coro.Co) error {
			_, err := gochan.Select(co, gochan.OnSend(ch, 1, nil), gochan.OnRecv((<-chan int)(nil), nil))
			return err
		})
		two := executor.Do(rt, func(co *coro.Co) error {
			_, err := gochan.Select(co, gochan.OnRecv(make(chan int), nil), gochan.OnSend(ch, 1, nil))
			return err
		})
		sends := executor.Do(rt, func(co *coro.Co) error { return gochan.Send(co, open, 3) })
		receives := executor.Go(rt, func(co *coro.Co) (int, error) { v, _, err := gochan.Recv(co, in); return v, err })
		untilWaiting(t, rt, 6)
		close(ch)
		panics(t, send, text)
		panics(t, future, text)
		panics(t, one, text)
		panics(t, two, text)
		put(t, in, 4)
		if v, _ := within(t, open); v != 3 {
			t.Errorf("a task has sent %d", v)
		}
		ok(t, sends)
		if v := ok(t, receives); v != 4 {
			t.Errorf("a task has received %d", v)
		}
		untilNoHelper(t, rt)
	})
}

func TestSendFutureComposes(t *testing.T) {
	eachKind(t, func(t *testing.T, rt *executor.Runtime) {
		a, b := make(chan int), make(chan int, 1)
		b <- 0
		h := executor.Spawn(rt, future.Select2(gochan.NewSend(a, 1), gochan.NewSend(b, 2)))
		untilWaiting(t, rt, 2)
		if v, _ := within(t, b); v != 0 {
			t.Error(v)
		}
		if e := ok(t, h); e.Index != 1 {
			t.Errorf("Select2 returns %+v", e)
		}
		if v, _ := within(t, b); v != 2 {
			t.Error(v)
		}
		untilNoHelper(t, rt)
		select {
		case v := <-a:
			t.Errorf("%d was sent by a future that is dropped", v)
		default:
		}
		timeout := executor.Do(rt, func(co *coro.Co) error {
			return coro.WithTimeout(co, time.Millisecond, func(co *coro.Co) error { return gochan.Send(co, a, 1) })
		})
		if _, err := wait(t, timeout); !errors.Is(err, core.ErrDeadlineExceeded) {
			t.Error(err)
		}
	})
}
