package workload

import (
	"sync"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/channel/mpsc"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/tools/bench/internal/spec"
)

// W3: pairs of tasks that send each other a value over two channels of capacity one. Each of the two
// adds one to it and returns the last that it has sent.

// A player is one of a pair.
type player struct {
	rx      *mpsc.Receiver[int]
	send    mpsc.SendFuture[int]
	sending bool
	left    int
	last    int
}

func (p *player) Poll(cx *core.Context) (int, bool) {
	for p.left > 0 {
		if !p.sending {
			r, ok := p.rx.Poll(cx)
			if !ok {
				return 0, false
			}
			must(r.Err)
			p.last = r.Value + 1
			p.send.Reset(p.last)
			p.sending = true
		}
		err, ok := p.send.Poll(cx)
		if !ok {
			return 0, false
		}
		must(err)
		p.sending = false
		p.left--
	}
	return p.last, true
}

func w3Poll(c spec.Case, m *meter) error {
	return w3Runtime(c, m, func(s core.Spawner, rx *mpsc.Receiver[int], tx *mpsc.Sender[int], n int) handle {
		return executor.SpawnValue[int](s, player{rx: rx, send: tx.SendFuture(0), left: n})
	})
}

func w3Direct(c spec.Case, m *meter) error {
	return w3Runtime(c, m, func(s core.Spawner, rx *mpsc.Receiver[int], tx *mpsc.Sender[int], n int) handle {
		return executor.Go(s, func(co *coro.Co) (last int, err error) {
			for range n {
				v, err := rx.Recv(co)
				if err != nil {
					return 0, err
				}
				last = v + 1
				if err := tx.Send(co, last); err != nil {
					return 0, err
				}
			}
			return last, nil
		})
	})
}

func w3Runtime(c spec.Case, m *meter, spawn func(core.Spawner, *mpsc.Receiver[int], *mpsc.Sender[int], int) handle) error {
	return withRuntime(c, func(rt *executor.Runtime) error {
		return w3(c, m, func(trips int) (int, error) {
			type ends struct {
				rx *mpsc.Receiver[int]
				tx *mpsc.Sender[int]
			}
			players := make([]ends, 0, 2*c.Live)
			for range c.Live {
				pingTx, pingRx := mpsc.New[int](1)
				pongTx, pongRx := mpsc.New[int](1)
				if err := pingTx.TrySend(0); err != nil {
					return 0, err
				}
				players = append(players, ends{pingRx, pongTx}, ends{pongRx, pingTx})
			}
			return together(rt, c, len(players), func(s core.Spawner, i int) handle {
				return spawn(s, players[i].rx, players[i].tx, trips)
			})
		})
	})
}

// w3 measures f, in which each pair makes so many round trips, and checks the sum of the last values.
func w3(c spec.Case, m *meter, f func(trips int) (sum int, err error)) error {
	return m.repeated(c.Units, func(units int) (int, error) {
		trips := max(1, units/c.Live)
		sum, err := f(trips)
		if err != nil {
			return 0, err
		}
		return trips * c.Live, want("sum of the last values", sum, c.Live*(4*trips-1))
	})
}

func w3Goroutines(c spec.Case, m *meter) error {
	return w3(c, m, func(trips int) (sum int, err error) {
		last := make([]int, 2*c.Live)
		play := func(rx, tx chan int, last *int) {
			v := 0
			for range trips {
				v = <-rx + 1
				tx <- v
			}
			*last = v
		}
		var wg sync.WaitGroup
		for i := range c.Live {
			ping, pong := make(chan int, 1), make(chan int, 1)
			ping <- 0
			wg.Go(func() { play(ping, pong, &last[2*i]) })
			wg.Go(func() { play(pong, ping, &last[2*i+1]) })
		}
		wg.Wait()
		for _, v := range last {
			sum += v
		}
		return sum, nil
	})
}
