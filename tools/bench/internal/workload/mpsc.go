package workload

import (
	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/channel/mpsc"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/tools/bench/internal/spec"
)

// W5: producers send the numbers below n over a bounded channel to one consumer, which returns their sum.

// capacity is that of the channel.
const capacity = 1024

type producer struct {
	send mpsc.SendFuture[int] // of number at
	at   int
	n    int
}

func (p *producer) Poll(cx *core.Context) (int, bool) {
	for p.at < p.n {
		err, ok := p.send.Poll(cx)
		if !ok {
			return 0, false
		}
		must(err)
		p.at++
		p.send.Reset(p.at)
	}
	return 0, true
}

type consumer struct {
	rx   *mpsc.Receiver[int]
	left int
	sum  int
}

func (c *consumer) Poll(cx *core.Context) (int, bool) {
	for ; c.left > 0; c.left-- {
		r, ok := c.rx.Poll(cx)
		if !ok {
			return 0, false
		}
		must(r.Err)
		c.sum += r.Value
	}
	return c.sum, true
}

func w5Poll(c spec.Case, m *meter) error {
	return w5Runtime(c, m,
		func(s core.Spawner, tx *mpsc.Sender[int], n int) handle {
			return executor.SpawnValue[int](s, producer{send: tx.SendFuture(0), n: n})
		},
		func(s core.Spawner, rx *mpsc.Receiver[int], n int) handle {
			return executor.SpawnValue[int](s, consumer{rx: rx, left: n})
		})
}

func w5Direct(c spec.Case, m *meter) error {
	return w5Runtime(c, m,
		func(s core.Spawner, tx *mpsc.Sender[int], n int) handle {
			return executor.Go(s, func(co *coro.Co) (int, error) {
				for i := range n {
					if err := tx.Send(co, i); err != nil {
						return 0, err
					}
				}
				return 0, nil
			})
		},
		func(s core.Spawner, rx *mpsc.Receiver[int], n int) handle {
			return executor.Go(s, func(co *coro.Co) (sum int, err error) {
				for range n {
					v, err := rx.Recv(co)
					if err != nil {
						return 0, err
					}
					sum += v
				}
				return sum, nil
			})
		})
}

func w5Runtime(c spec.Case, m *meter, produce func(core.Spawner, *mpsc.Sender[int], int) handle,
	consume func(core.Spawner, *mpsc.Receiver[int], int) handle) error {
	return withRuntime(c, func(rt *executor.Runtime) error {
		return w5(c, m, func(each int) (int, error) {
			tx, rx := mpsc.New[int](capacity)
			return together(rt, c, c.Live+1, func(s core.Spawner, i int) handle {
				if i == c.Live {
					return consume(s, rx, c.Live*each)
				}
				return produce(s, tx, each)
			})
		})
	})
}

// w5 measures f, in which each producer sends so many, and checks the sum of what arrives.
func w5(c spec.Case, m *meter, f func(each int) (sum int, err error)) error {
	return m.repeated(c.Units, func(units int) (int, error) {
		each := max(1, units/c.Live)
		sum, err := f(each)
		if err != nil {
			return 0, err
		}
		return each * c.Live, want("sum of what has arrived", sum, c.Live*(each*(each-1)/2))
	})
}

func w5Goroutines(c spec.Case, m *meter) error {
	return w5(c, m, func(each int) (sum int, err error) {
		ch := make(chan int, capacity)
		for range c.Live {
			go func() {
				for i := range each {
					ch <- i
				}
			}()
		}
		for range c.Live * each {
			sum += <-ch
		}
		return sum, nil
	})
}
