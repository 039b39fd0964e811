package executor_test

import (
	"sync"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/channel/mpsc"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/lock"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// The workloads in which tasks wait for each other. One root spawns them, so where tasks stay they are
// all on its worker.

// together runs tasks that spawn makes, and joins them.
func together(tasks int, spawn func(s core.Spawner, i int) joinhandle.JoinHandle[int]) {
	withRuntime(func(rt *executor.Runtime) {
		var handles []joinhandle.JoinHandle[int]
		at := 0
		root(rt, func(cx *core.Context) bool {
			for len(handles) < tasks {
				handles = append(handles, spawn(cx, len(handles)))
			}
			return joinAll(cx, handles, &at)
		})
	})
}

// W3: two tasks that send each other a value over two channels of one place each, n round trips.

type player struct {
	rx      *mpsc.Receiver[int]
	send    mpsc.SendFuture[int]
	sending bool
	left    int
}

func (p *player) Poll(cx *core.Context) (int, bool) {
	for p.left > 0 {
		if !p.sending {
			r, ok := p.rx.Poll(cx)
			if !ok {
				return 0, false
			}
			p.send.Reset(r.Value + 1)
			p.sending = true
		}
		if _, ok := p.send.Poll(cx); !ok {
			return 0, false
		}
		p.sending = false
		p.left--
	}
	return 0, true
}

func w3Poll(n int) {
	w3(func(s core.Spawner, rx *mpsc.Receiver[int], tx *mpsc.Sender[int]) joinhandle.JoinHandle[int] {
		return executor.Spawn[int](s, &player{rx: rx, send: tx.SendFuture(0), left: n})
	})
}

func w3Direct(n int) {
	w3(func(s core.Spawner, rx *mpsc.Receiver[int], tx *mpsc.Sender[int]) joinhandle.JoinHandle[int] {
		return executor.Go(s, func(co *coro.Co) (int, error) {
			for range n {
				v, err := rx.Recv(co)
				if err != nil {
					return 0, err
				}
				if err := tx.Send(co, v+1); err != nil {
					return 0, err
				}
			}
			return 0, nil
		})
	})
}

func w3(spawn func(core.Spawner, *mpsc.Receiver[int], *mpsc.Sender[int]) joinhandle.JoinHandle[int]) {
	pingTx, pingRx := mpsc.New[int](1)
	pongTx, pongRx := mpsc.New[int](1)
	pingTx.TrySend(0)
	together(2, func(s core.Spawner, i int) joinhandle.JoinHandle[int] {
		if i == 0 {
			return spawn(s, pingRx, pongTx)
		}
		return spawn(s, pongRx, pingTx)
	})
}

func w3Goroutine(n int) {
	ping, pong := make(chan int, 1), make(chan int, 1)
	ping <- 0
	play := func(rx, tx chan int) {
		for range n {
			tx <- <-rx + 1
		}
	}
	var wg sync.WaitGroup
	wg.Go(func() { play(ping, pong) })
	wg.Go(func() { play(pong, ping) })
	wg.Wait()
}

// W5: 4 producers that send n values in all over a channel of 1,024 places to one consumer.

const (
	producers = 4
	places    = 1024
)

type producer struct {
	send mpsc.SendFuture[int]
	left int
}

func (p *producer) Poll(cx *core.Context) (int, bool) {
	for ; p.left > 0; p.left-- {
		if _, ok := p.send.Poll(cx); !ok {
			return 0, false
		}
		p.send.Reset(p.left)
	}
	return 0, true
}

type consumer struct {
	rx   *mpsc.Receiver[int]
	left int
}

func (c *consumer) Poll(cx *core.Context) (int, bool) {
	for ; c.left > 0; c.left-- {
		if _, ok := c.rx.Poll(cx); !ok {
			return 0, false
		}
	}
	return 0, true
}

func w5Poll(n int) {
	tx, rx := mpsc.New[int](places)
	together(producers+1, func(s core.Spawner, i int) joinhandle.JoinHandle[int] {
		if i == producers {
			return executor.Spawn[int](s, &consumer{rx, n / producers * producers})
		}
		return executor.Spawn[int](s, &producer{tx.SendFuture(0), n / producers})
	})
}

func w5Direct(n int) {
	tx, rx := mpsc.New[int](places)
	together(producers+1, func(s core.Spawner, i int) joinhandle.JoinHandle[int] {
		return executor.Go(s, func(co *coro.Co) (int, error) {
			if i == producers {
				for range n / producers * producers {
					if _, err := rx.Recv(co); err != nil {
						return 0, err
					}
				}
				return 0, nil
			}
			for range n / producers {
				if err := tx.Send(co, 0); err != nil {
					return 0, err
				}
			}
			return 0, nil
		})
	})
}

func w5Goroutine(n int) {
	c := make(chan int, places)
	for range producers {
		go func() {
			for i := range n / producers {
				c <- i
			}
		}()
	}
	for range n / producers * producers {
		<-c
	}
}

// W9: 8 tasks that lock, add and unlock, n times in all.

const lockers = 8

type locker struct {
	lock lock.LockFuture
	sum  *int
	left int
}

func (l *locker) Poll(cx *core.Context) (int, bool) {
	for ; l.left > 0; l.left-- {
		g, ok := l.lock.Poll(cx)
		if !ok {
			return 0, false
		}
		*l.sum++
		g.UnlockOn(cx)
	}
	return 0, true
}

func w9Poll(n int) {
	var m lock.Mutex
	sum := 0
	together(lockers, func(s core.Spawner, _ int) joinhandle.JoinHandle[int] {
		return executor.Spawn[int](s, &locker{m.LockFuture(), &sum, n / lockers})
	})
	if sum != n/lockers*lockers {
		panic("W9: the mutex let two in")
	}
}

func w9Goroutine(n int) {
	var m sync.Mutex
	sum := 0
	var wg sync.WaitGroup
	for range lockers {
		wg.Go(func() {
			for range n / lockers {
				m.Lock()
				sum++
				m.Unlock()
			}
		})
	}
	wg.Wait()
}
