package mpsc_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/channel/mpsc"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/internal/racetest"
	"github.com/moduvex/moduvex-go/core/internal/waittest"
	"github.com/moduvex/moduvex-go/core/task"
)

// A message has the number of its sender, and its number at that sender.
type message struct{ from, n int }

// A ledger counts what each sender has sent, and checks that it is received once and in order.
type ledger struct {
	sent []atomic.Int64
	got  []int // by the receiver
}

func newLedger(senders int) *ledger {
	return &ledger{sent: make([]atomic.Int64, senders), got: make([]int, senders)}
}

func (l *ledger) receive(m message) error {
	if m.n != l.got[m.from] {
		return fmt.Errorf("sender %d: received number %d, want %d", m.from, m.n, l.got[m.from])
	}
	l.got[m.from]++
	return nil
}

func (l *ledger) check(t *testing.T) {
	t.Helper()
	for i := range l.sent {
		if sent := int(l.sent[i].Load()); sent != l.got[i] {
			t.Errorf("sender %d has sent %d, and %d were received", i, sent, l.got[i])
		}
	}
}

// TestStressOfManySenders has tasks of both styles that move between workers, goroutines, aborts and
// senders that give up, and a receiver that closes in the middle. What was sent without an error is
// received, once and in order, and nothing else is.
func TestStressOfManySenders(t *testing.T) {
	for _, capacity := range []int{1, 3, 100} {
		for _, closes := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d/closes=%t", capacity, closes), func(t *testing.T) {
				stress(t, capacity, closes)
			})
		}
	}
}

func stress(t *testing.T, capacity int, closes bool) {
	rounds := 2000
	if racetest.Enabled {
		rounds = 300
	}
	const kinds, each = 4, 2
	l := newLedger(kinds * each)
	c := coretest.NewWorkers(3)
	defer c.Close()
	tx, rx := mpsc.New[message](capacity)
	var doomed []func()
	var wg sync.WaitGroup
	for i := 0; i < kinds*each; i += kinds {
		polled := tx.Clone()
		f, n := polled.SendFuture(message{i, 0}), 0
		c.Spawn(&task.New(future.Func(func(cx *core.Context) (struct{}, bool) {
			for ; n < rounds; n++ {
				err, ok := f.Poll(cx)
				if !ok {
					return struct{}{}, false
				}
				if err != nil {
					break
				}
				l.sent[i].Add(1)
				f.Reset(message{i, n + 1})
			}
			polled.Close()
			return struct{}{}, true
		})).Task)

		direct := tx.Clone()
		aborted := waittest.Body(c, func(co *coro.Co) error {
			for n := 0; ; n++ {
				if err := direct.Send(co, message{i + 1, n}); err != nil {
					return err
				}
				l.sent[i+1].Add(1)
			}
		})
		doomed = append(doomed, func() {
			aborted.Abort()
			direct.Close() // here, for a body that has not begun does not begin
		})

		// It reserves slots, and releases some without a send.
		permits := tx.Clone()
		waittest.Body(c, func(co *coro.Co) error {
			defer permits.Close()
			for n := 0; n < rounds; {
				p, err := permits.Reserve(co)
				if err != nil {
					return err
				}
				if n%3 == 0 {
					if err := co.Yield(); err != nil {
						return err
					}
				}
				if rand.IntN(4) == 0 {
					p.Release()
					continue
				}
				if err := p.SendOn(co.Context(), message{i + 2, n}); err != nil {
					return err
				}
				l.sent[i+2].Add(1)
				n++
			}
			return nil
		})

		// A goroutine that cancels one send in three.
		blocking := tx.Clone()
		wg.Go(func() {
			defer blocking.Close()
			for n := 0; n < rounds/4; {
				ctx, cancel := context.WithCancel(context.Background())
				if rand.IntN(3) == 0 {
					go cancel()
				}
				err := blocking.SendWait(ctx, message{i + 3, n})
				cancel()
				switch err {
				case nil:
					l.sent[i+3].Add(1)
					n++
				case mpsc.ErrClosed:
					return
				}
			}
		})
	}
	tx.Close()
	receiver := waittest.Body(c, func(co *coro.Co) error {
		total, buf := 0, make([]message, 7)
		for {
			n, err := 1, error(nil)
			if total%2 == 0 {
				buf[0], err = rx.Recv(co)
			} else {
				n, err = rx.RecvMany(co, buf)
			}
			if err != nil {
				return err
			}
			if have := rx.Len(); have > capacity {
				return fmt.Errorf("%d values are queued, want %d at most", have, capacity)
			}
			for _, m := range buf[:n] {
				if err := l.receive(m); err != nil {
					return err
				}
			}
			if total += n; total > rounds {
				if closes {
					rx.Stop()
				}
				for _, end := range doomed {
					end()
				}
			}
		}
	})
	wg.Wait()
	c.Wait()
	mustFail(t, waittest.Ended(t, receiver), mpsc.ErrClosed)
	l.check(t)
}

// TestStressOfClose: the senders end, whatever they are doing.
func TestStressOfClose(t *testing.T) {
	rounds := 300
	if racetest.Enabled {
		rounds = 60
	}
	for i := range rounds {
		c := coretest.NewWorkers(2)
		defer c.Close()
		tx, rx := mpsc.New[int](1 + i%3)
		for range 3 {
			tx := tx.Clone()
			waittest.Body(c, func(co *coro.Co) error {
				defer tx.Close()
				for {
					if err := tx.Send(co, 1); err != nil {
						return err
					}
				}
			})
		}
		watcher := waittest.Body(c, tx.UntilClosed)
		waittest.Body(c, func(co *coro.Co) error {
			defer rx.Close()
			for range i % 50 {
				if _, err := rx.Recv(co); err != nil {
					return err
				}
			}
			return nil
		})
		c.Wait()
		mustFail(t, waittest.Ended(t, watcher), nil)
		if tx.Len() != 0 {
			t.Fatal("values are left")
		}
	}
}

// TestStressOfAnUnboundedChannel has goroutines send, and a task that moves receive.
func TestStressOfAnUnboundedChannel(t *testing.T) {
	const senders, each = 4, 2000
	l := newLedger(senders)
	c := coretest.NewWorkers(2)
	defer c.Close()
	tx, rx := mpsc.Unbounded[message]()
	receiver := waittest.Body(c, func(co *coro.Co) error {
		for m, err := range rx.All(co) {
			if err != nil {
				return err
			}
			if err := l.receive(m); err != nil {
				return err
			}
		}
		return nil
	})
	for i := range senders {
		tx := tx.Clone()
		go func() {
			defer tx.Close()
			for n := range each {
				if tx.Send(message{i, n}) == nil {
					l.sent[i].Add(1)
				}
			}
		}()
	}
	tx.Close()
	c.Wait()
	mustFail(t, waittest.Ended(t, receiver), nil)
	l.check(t)
}

// A flag is a waker that its user spins on, so that both sides are as fast as they can be.
type flag struct{ up atomic.Bool }

func (f *flag) Wake() { f.up.Store(true) }

// spin polls f until it is ready.
func spin[T any](cx *core.Context, w *flag, f core.Future[T]) T {
	for {
		cx.ForHost().Begin(w)
		if v, ok := f.Poll(cx); ok {
			return v
		}
		for spins := 1; !w.up.CompareAndSwap(true, false); spins++ {
			if spins%1000 == 0 {
				runtime.Gosched()
			}
		}
	}
}

// TestASenderThatQueuesUpSeesASlotThatIsFreedMeanwhile: the receiver publishes its count and then checks for
// senders, and a sender enters the line and then checks for slots. If both checked first, the sender
// would wait for ever.
func TestASenderThatQueuesUpSeesASlotThatIsFreedMeanwhile(t *testing.T) {
	for capacity := 1; capacity <= 2; capacity++ {
		tx, rx := mpsc.New[int](capacity)
		sender, receiver := waittest.Host(t).Context(), waittest.Host(t).Context()
		// A time rather than a number: two that spin are slow where they share a processor.
		end := time.Now().Add(200 * time.Millisecond)
		var wg sync.WaitGroup
		wg.Go(func() {
			defer tx.Close()
			w, f := &flag{}, tx.SendFuture(0)
			for i := 1; i%16 != 0 || time.Now().Before(end); i++ {
				if err := spin[error](sender, w, &f); err != nil {
					t.Error(err)
				}
				f.Reset(i)
			}
		})
		w := &flag{}
		for i := 0; ; i++ {
			r := spin[core.Result[int]](receiver, w, rx)
			if r.Err == mpsc.ErrClosed {
				break
			}
			if r.Value != i {
				t.Fatalf("have %d, want %d", r.Value, i)
			}
		}
		wg.Wait()
	}
}
