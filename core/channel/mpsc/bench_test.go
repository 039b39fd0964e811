package mpsc_test

import (
	"sync"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/channel/mpsc"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/internal/waittest"
	"github.com/moduvex/moduvex-go/core/task"
)

// A player is a task in poll style that sends what it receives on, a number of times.
type player struct {
	rx      *mpsc.Receiver[int]
	send    mpsc.SendFuture[int]
	sending bool
	left    int
}

func (p *player) Poll(cx *core.Context) (struct{}, bool) {
	for p.left > 0 {
		if !p.sending {
			r, ok := p.rx.Poll(cx)
			if !ok {
				return struct{}{}, false
			}
			p.send.Reset(r.Value + 1)
			p.sending = true
		}
		if _, ok := p.send.Poll(cx); !ok {
			return struct{}{}, false
		}
		p.sending = false
		p.left--
	}
	return struct{}{}, true
}

// BenchmarkPingPong is round trips of two tasks over two channels of one slot each, on one worker.
// The twin is two goroutines.
func BenchmarkPingPong(b *testing.B) {
	b.Run("poll", func(b *testing.B) {
		h := waittest.NewSolo()
		pingTx, pingRx := mpsc.New[int](1)
		pongTx, pongRx := mpsc.New[int](1)
		pingTx.TrySend(0)
		b.ReportAllocs()
		h.Spawn(&task.New(&player{rx: pingRx, send: pongTx.SendFuture(0), left: b.N}).Task)
		h.Spawn(&task.New(&player{rx: pongRx, send: pingTx.SendFuture(0), left: b.N}).Task)
		b.ResetTimer()
		if live := h.Run(); live != 0 {
			b.Fatal(live, "tasks are left")
		}
	})
	b.Run("direct", func(b *testing.B) {
		h := waittest.NewSolo()
		defer h.Close()
		pingTx, pingRx := mpsc.New[int](1)
		pongTx, pongRx := mpsc.New[int](1)
		pingTx.TrySend(0)
		play := func(rx *mpsc.Receiver[int], tx *mpsc.Sender[int]) {
			waittest.Body(h, func(co *coro.Co) error {
				for range b.N {
					v, err := rx.Recv(co)
					if err != nil {
						return err
					}
					if err := tx.Send(co, v+1); err != nil {
						return err
					}
				}
				return nil
			})
		}
		b.ReportAllocs()
		play(pingRx, pongTx)
		play(pongRx, pingTx)
		b.ResetTimer()
		if live := h.Run(); live != 0 {
			b.Fatal(live, "tasks are left")
		}
	})
	b.Run("twin=chan", func(b *testing.B) {
		ping, pong := make(chan int, 1), make(chan int, 1)
		ping <- 0
		play := func(rx, tx chan int) {
			for range b.N {
				tx <- <-rx + 1
			}
		}
		b.ReportAllocs()
		var wg sync.WaitGroup
		wg.Go(func() { play(ping, pong) })
		wg.Go(func() { play(pong, ping) })
		wg.Wait()
	})
}

const (
	producers = 4
	capacity  = 1024
)

// A producer is a task in poll style that sends a number of values.
type producer struct {
	send mpsc.SendFuture[int]
	left int
}

func (p *producer) Poll(cx *core.Context) (struct{}, bool) {
	for ; p.left > 0; p.left-- {
		if _, ok := p.send.Poll(cx); !ok {
			return struct{}{}, false
		}
		p.send.Reset(p.left)
	}
	return struct{}{}, true
}

// A consumer is a task in poll style that receives a number of values.
type consumer struct {
	rx   *mpsc.Receiver[int]
	left int
}

func (c *consumer) Poll(cx *core.Context) (struct{}, bool) {
	for ; c.left > 0; c.left-- {
		if _, ok := c.rx.Poll(cx); !ok {
			return struct{}{}, false
		}
	}
	return struct{}{}, true
}

// A batcher is a consumer that receives many at a time.
type batcher struct {
	many mpsc.RecvManyFuture[int]
	left int
}

func (c *batcher) Poll(cx *core.Context) (struct{}, bool) {
	for c.left > 0 {
		r, ok := c.many.Poll(cx)
		if !ok {
			return struct{}{}, false
		}
		c.left -= r.Value
	}
	return struct{}{}, true
}

// BenchmarkMPSC is messages of four producers to one consumer, over a channel of 1,024 slots, on
// one worker. The twin is goroutines.
func BenchmarkMPSC(b *testing.B) {
	b.Run("poll", func(b *testing.B) {
		h := waittest.NewSolo()
		tx, rx := mpsc.New[int](capacity)
		b.ReportAllocs()
		n := b.N/producers + 1
		for range producers {
			h.Spawn(&task.New(&producer{send: tx.SendFuture(1), left: n}).Task)
		}
		h.Spawn(&task.New(&consumer{rx: rx, left: n * producers}).Task)
		b.ResetTimer()
		if live := h.Run(); live != 0 {
			b.Fatal(live, "tasks are left")
		}
	})
	b.Run("many", func(b *testing.B) {
		h := waittest.NewSolo()
		tx, rx := mpsc.New[int](capacity)
		b.ReportAllocs()
		n := b.N/producers + 1
		for range producers {
			h.Spawn(&task.New(&producer{send: tx.SendFuture(1), left: n}).Task)
		}
		h.Spawn(&task.New(&batcher{many: rx.RecvManyFuture(make([]int, 64)), left: n * producers}).Task)
		b.ResetTimer()
		if live := h.Run(); live != 0 {
			b.Fatal(live, "tasks are left")
		}
	})
	b.Run("direct", func(b *testing.B) {
		h := waittest.NewSolo()
		defer h.Close()
		tx, rx := mpsc.New[int](capacity)
		b.ReportAllocs()
		n := b.N/producers + 1
		for range producers {
			waittest.Body(h, func(co *coro.Co) error {
				for i := range n {
					if err := tx.Send(co, i); err != nil {
						return err
					}
				}
				return nil
			})
		}
		waittest.Body(h, func(co *coro.Co) error {
			for range n * producers {
				if _, err := rx.Recv(co); err != nil {
					return err
				}
			}
			return nil
		})
		b.ResetTimer()
		if live := h.Run(); live != 0 {
			b.Fatal(live, "tasks are left")
		}
	})
	b.Run("workers=2", func(b *testing.B) { // workers: tasks move at every poll
		c := coretest.NewWorkers(2)
		defer c.Close()
		tx, rx := mpsc.New[int](capacity)
		b.ReportAllocs()
		n := b.N/producers + 1
		for range producers {
			c.Spawn(&task.New(&producer{send: tx.SendFuture(1), left: n}).Task)
		}
		c.Spawn(&task.New(&consumer{rx: rx, left: n * producers}).Task)
		c.Wait()
	})
	b.Run("twin=chan", func(b *testing.B) {
		ch := make(chan int, capacity)
		b.ReportAllocs()
		n := b.N/producers + 1
		var wg sync.WaitGroup
		for range producers {
			wg.Go(func() {
				for i := range n {
					ch <- i
				}
			})
		}
		wg.Go(func() {
			for range n * producers {
				<-ch
			}
		})
		wg.Wait()
	})
}

func BenchmarkTrySendTryRecv(b *testing.B) {
	tx, rx := mpsc.New[int](capacity)
	b.ReportAllocs()
	for b.Loop() {
		tx.TrySend(1)
		rx.TryRecv()
	}
}

// A source is a task in poll style that sends for as long as there is anything to send.
type source struct {
	send mpsc.SendFuture[int]
	left *int
}

func (s *source) Poll(cx *core.Context) (struct{}, bool) {
	for *s.left > 0 {
		if _, ok := s.send.Poll(cx); !ok {
			return struct{}{}, false
		}
		*s.left--
	}
	return struct{}{}, true
}

// A sink receives many values at a time, and closes the channel when it has all.
type sink struct {
	rx   *mpsc.Receiver[int]
	many mpsc.RecvManyFuture[int]
	left int
}

func (s *sink) Poll(cx *core.Context) (struct{}, bool) {
	for s.left > 0 {
		r, ok := s.many.Poll(cx)
		if !ok {
			return struct{}{}, false
		}
		s.left -= r.Value
	}
	s.rx.Close()
	return struct{}{}, true
}

// BenchmarkRecvManyFromACrowd is a value from one of 40 senders that wait for a slot of 64.
func BenchmarkRecvManyFromACrowd(b *testing.B) {
	h := waittest.NewSolo()
	tx, rx := mpsc.New[int](64)
	left := b.N
	b.ReportAllocs()
	for range 40 {
		h.Spawn(&task.New(&source{tx.SendFuture(1), &left}).Task)
	}
	h.Spawn(&task.New(&sink{rx: rx, many: rx.RecvManyFuture(make([]int, 64)), left: b.N}).Task)
	b.ResetTimer()
	if live := h.Run(); live != 0 {
		b.Fatal(live, "tasks are left")
	}
}
