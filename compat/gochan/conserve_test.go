package gochan_test

import (
	"context"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/compat/gochan"
	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/channel/mpsc"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/timer"
	"github.com/moduvex/moduvex-go/executor"
)

// A ledger counts how often each value was sent and received. The values are consecutive numbers.
type ledger struct {
	next           atomic.Int64
	sent, received [1 << 17]atomic.Int32
}

// value returns a new value. Without room for more, it is one that is not sent.
func (l *ledger) value() int {
	return int(min(l.next.Add(1), int64(len(l.sent))-1))
}

func (l *ledger) full() bool { return l.next.Load() >= int64(len(l.sent))-100 }

func (l *ledger) took(v int) { l.received[v].Add(1) }

func (l *ledger) takes(r gochan.Received[int]) struct{} {
	if r.OK {
		l.took(r.Value)
	}
	return struct{}{}
}

func (l *ledger) check(t *testing.T) {
	t.Helper()
	sent := 0
	for v := range l.sent {
		s, r := l.sent[v].Load(), l.received[v].Load()
		if s != r || s > 1 {
			t.Errorf("value %d was sent %d times and received %d times", v, s, r)
		}
		sent += int(s)
	}
	if sent < 1000 {
		t.Errorf("only %d values were sent", sent)
	}
}

// A market is what the tasks and goroutines of the test share.
type market struct {
	ledger
	chans [4]chan int
	out   [2]chan int // from tasks to goroutines
	tx    *mpsc.Sender[int]
	rx    chan *mpsc.Receiver[int] // free ones
}

// plans are what a task does once. Each is aborted, dropped or closed at any moment.
var plans = append(bodyPlans, futurePlans...)

type plan = func(m *market, co *coro.Co, a, b chan int) error

// bodyPlans use no future of the package.
var bodyPlans = []plan{
	func(m *market, co *coro.Co, a, _ chan int) error {
		v, ok, err := gochan.Recv(co, a)
		if err == nil && ok {
			m.took(v)
		}
		return err
	},
	func(m *market, co *coro.Co, a, _ chan int) error {
		return coro.WithTimeout(co, 50*time.Microsecond, func(co *coro.Co) error {
			v, ok, err := gochan.Recv(co, a)
			if err == nil && ok {
				m.took(v)
			}
			return err
		})
	},
	func(m *market, co *coro.Co, a, b chan int) error {
		_, err := gochan.Select(co,
			gochan.OnRecv(a, func(v int, ok bool) { m.took(v) }),
			gochan.OnRecv(b, func(v int, ok bool) { m.took(v) }),
			gochan.OnFuture(timer.Sleep(50*time.Microsecond), nil))
		return err
	},
	func(m *market, co *coro.Co, a, _ chan int) error {
		var rx *mpsc.Receiver[int]
		select {
		case rx = <-m.rx:
			defer func() { m.rx <- rx }()
		default:
			return nil
		}
		v := m.value()
		_, err := gochan.Select(co,
			gochan.OnRecv(a, func(v int, ok bool) { m.took(v) }),
			gochan.OnFuture(rx, func(r core.Result[int]) { m.took(r.Value) }),
			gochan.OnSend(m.out[0], v, func() { m.sent[v].Add(1) }))
		return err
	},
	func(m *market, co *coro.Co, _, _ chan int) error {
		v := m.value()
		err := gochan.Send(co, m.out[1], v)
		if err == nil {
			m.sent[v].Add(1)
		}
		return err
	},
	func(m *market, co *coro.Co, a, b chan int) error { // the context ends at any moment, on another goroutine
		ctx, cancel := context.WithTimeout(context.Background(), time.Duration(rand.IntN(100))*time.Microsecond)
		defer cancel()
		v := m.value()
		return coro.WithContext(co, ctx, func(co *coro.Co) error {
			_, err := gochan.Select(co,
				gochan.OnRecv(a, func(v int, ok bool) { m.took(v) }),
				gochan.OnRecv(b, func(v int, ok bool) { m.took(v) }),
				gochan.OnSend(m.out[1], v, func() { m.sent[v].Add(1) }))
			return err
		})
	},
	func(m *market, co *coro.Co, a, _ chan int) error { // ignores its abort, and is unwound by force
		for !m.full() {
			if v, ok, err := gochan.Recv(co, a); err == nil && ok {
				m.took(v)
			}
		}
		return nil
	},
	func(m *market, co *coro.Co, a, _ chan int) error { // awaits under a shield while it is aborted
		return coro.Shield(co, func(co *coro.Co) error {
			_, err := gochan.Select(co,
				gochan.OnRecv(a, func(v int, ok bool) { m.took(v) }),
				gochan.OnFuture(timer.Sleep(100*time.Microsecond), nil))
			return err
		})
	},
}

var futurePlans = []plan{
	func(m *market, co *coro.Co, a, b chan int) error {
		w, err := coro.Await(co, future.Race(gochan.NewRecv(a), gochan.NewRecv(b)))
		m.takes(w.Value)
		return err
	},
	func(m *market, co *coro.Co, a, _ chan int) error { // a task in poll style, which is dropped when it is aborted
		h := executor.Spawn(co, future.Map(gochan.NewRecv(a), m.takes))
		defer h.Abort()
		return coro.Sleep(co, time.Duration(rand.IntN(100))*time.Microsecond)
	},
	func(m *market, co *coro.Co, a, b chan int) error {
		h := executor.Spawn(co, gochan.NewSelect(
			gochan.OnRecv(a, func(v int, ok bool) { m.took(v) }), gochan.OnRecv(b, func(v int, ok bool) { m.took(v) })))
		defer h.Abort()
		return coro.Sleep(co, time.Duration(rand.IntN(100))*time.Microsecond)
	},
}

// Every value that is sent is received once, by a task, by a goroutine beside them, or by Reclaim after the runtime
// was closed in the middle.
func TestNoValueIsLostOrDoubled(t *testing.T) {
	for name, limits := range map[string][2]int{"dedicated": {1000, 1}, "mixed": {5, 2}, "shared": {0, 2}} {
		t.Run(name, func(t *testing.T) {
			for range 3 {
				conserve(t, limits, plans)
			}
		})
	}
}

// Where no future of the package is dropped, no value is kept: goroutines that receive from the channels miss none.
func TestBodiesLeaveNoValueBehind(t *testing.T) {
	for name, limits := range map[string][2]int{"dedicated": {1000, 1}, "mixed": {5, 2}, "shared": {0, 2}} {
		t.Run(name, func(t *testing.T) {
			for range 3 {
				if kept := conserve(t, limits, bodyPlans); kept > 0 {
					t.Errorf("%d values are kept", kept)
				}
			}
		})
	}
}

// conserve returns how many values were kept when the runtime had ended.
func conserve(t *testing.T, limits [2]int, plans []plan) (kept int) {
	rt := startRuntime(t)
	gochan.SetLimits(rt, limits[0], limits[1])
	tx, rx := mpsc.New[int](4)
	m := &market{chans: [4]chan int{make(chan int), make(chan int), make(chan int, 1), make(chan int, 8)},
		out: [2]chan int{make(chan int), make(chan int, 2)}, tx: tx, rx: make(chan *mpsc.Receiver[int], 1)}
	m.rx <- rx

	stop := make(chan struct{})
	var outside sync.WaitGroup
	for _, ch := range m.chans {
		outside.Go(func() {
			for !m.full() {
				v := m.value()
				select {
				case ch <- v:
					m.sent[v].Add(1)
				case <-stop:
					return
				}
			}
		})
	}
	outside.Go(func() { // receives what tasks send, and competes with tasks for one of the channels
		for {
			select {
			case v := <-m.out[0]:
				m.took(v)
			case v := <-m.out[1]:
				m.took(v)
			case v := <-m.chans[1]:
				m.took(v)
			case <-stop:
				return
			}
		}
	})
	outside.Go(func() {
		v := m.value()
		for !m.full() {
			select {
			case <-stop:
				return
			default:
			}
			if tx.TrySend(v) == nil {
				m.sent[v].Add(1)
				v = m.value()
			}
			runtime.Gosched()
		}
	})

	var tasks atomic.Int64
	for range 8 {
		executor.Do(rt, func(co *coro.Co) error {
			for !m.full() {
				plan := plans[rand.IntN(len(plans))]
				a := rand.IntN(len(m.chans))
				h := executor.Do(co, func(co *coro.Co) error {
					return plan(m, co, m.chans[a], m.chans[(a+1)%len(m.chans)])
				})
				tasks.Add(1)
				var err error
				switch rand.IntN(4) {
				case 0:
					err = coro.Sleep(co, time.Duration(rand.IntN(100))*time.Microsecond)
				case 1:
					err = co.Yield()
				case 2:
					err = coro.Sleep(co, 1)
				case 3: // no abort, but for the close: an end in its own time
					_ = coro.WithTimeout(co, time.Millisecond, func(co *coro.Co) error { _, err := h.Join(co); return err })
					err = co.Interrupted()
				}
				h.Abort()
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	eventually(t, "enough tasks", func() bool { return tasks.Load() > 1000 && m.next.Load() > 3000 || m.full() })
	rt.Close()
	close(stop)
	outside.Wait()
	for _, ch := range m.chans {
		for _, v := range gochan.Reclaim(rt, (<-chan int)(ch)) {
			kept++
			m.took(v)
		}
	}
	for _, ch := range append(m.chans[:], m.out[:]...) {
		for len(ch) > 0 {
			m.took(<-ch)
		}
	}
	for {
		v, err := rx.TryRecv()
		if err != nil {
			break
		}
		m.took(v)
	}
	m.check(t)
	untilNoHelper(t, rt)
	if c := gochan.Count(rt); c != (gochan.Counts{}) {
		t.Errorf("at the end: %+v", c)
	}
	return kept
}
