package gochan_test

import (
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/compat/gochan"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
)

// inTask runs body as a task of a runtime with one worker.
func inTask(b *testing.B, body func(co *coro.Co) error) {
	b.Helper()
	err := executor.Main(b.Context(), executor.Options{Workers: 1}, func(co *coro.Co) error {
		b.ReportAllocs()
		b.ResetTimer()
		return body(co)
	})
	if err != nil {
		b.Fatal(err)
	}
}

// A receive that is ready, beside the receive of a goroutine, and beside one in a task that spends from the budget by
// hand.
func BenchmarkReady(b *testing.B) {
	b.Run("goroutine", func(b *testing.B) {
		ch := make(chan int, 1)
		b.ReportAllocs()
		for i := range b.N {
			ch <- i
			<-ch
		}
	})
	b.Run("plain+budget", func(b *testing.B) {
		ch := make(chan int, 1)
		inTask(b, func(co *coro.Co) error {
			for i := range b.N {
				ch <- i
				for {
					if err := co.Interrupted(); err != nil {
						return err
					}
					if co.Context().Spend() {
						break
					}
					if err := co.Suspend(); err != nil {
						return err
					}
				}
				<-ch
			}
			return nil
		})
	})
	b.Run("Recv", func(b *testing.B) {
		ch := make(chan int, 1)
		inTask(b, func(co *coro.Co) error {
			for i := range b.N {
				ch <- i
				if _, _, err := gochan.Recv(co, ch); err != nil {
					return err
				}
			}
			return nil
		})
	})
	b.Run("Send", func(b *testing.B) {
		ch := make(chan int, 1)
		inTask(b, func(co *coro.Co) error {
			for i := range b.N {
				if err := gochan.Send(co, ch, i); err != nil {
					return err
				}
				<-ch
			}
			return nil
		})
	})
	b.Run("Select2", func(b *testing.B) {
		ch, other := make(chan int, 1), make(chan int)
		inTask(b, func(co *coro.Co) error {
			for i := range b.N {
				ch <- i
				if _, err := gochan.Select(co, gochan.OnRecv(ch, nil), gochan.OnRecv(other, nil)); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// A round trip over two unbuffered channels, in which each receive waits: a goroutine asks a goroutine, or a task.
func BenchmarkWaits(b *testing.B) {
	ask := func(b *testing.B, in, out chan int) {
		b.ReportAllocs()
		for i := range b.N {
			in <- i
			<-out
		}
		close(in)
	}
	b.Run("goroutine", func(b *testing.B) {
		in, out := make(chan int), make(chan int)
		go func() {
			for v := range in {
				out <- v
			}
		}()
		ask(b, in, out)
	})
	tasks := func(name string, body func(co *coro.Co, in, out chan int) error) {
		b.Run(name, func(b *testing.B) {
			rt, err := executor.New(executor.Options{Workers: 1})
			if err != nil {
				b.Fatal(err)
			}
			defer rt.Close()
			in, out := make(chan int), make(chan int)
			h := executor.Do(rt, func(co *coro.Co) error { return body(co, in, out) })
			b.ResetTimer()
			ask(b, in, out)
			if _, err := h.Wait(b.Context()); err != nil {
				b.Fatal(err)
			}
		})
	}
	tasks("Recv", func(co *coro.Co, in, out chan int) error {
		for v, err := range gochan.All(co, in) {
			if err != nil {
				return err
			}
			if err := gochan.Send(co, out, v); err != nil {
				return err
			}
		}
		return nil
	})
	tasks("Select2", func(co *coro.Co, in, out chan int) error {
		other := make(chan int)
		for open := true; open; {
			var v int
			_, err := gochan.Select(co, gochan.OnRecv(in, func(got int, ok bool) { v, open = got, ok }), gochan.OnRecv(other, nil))
			if err != nil {
				return err
			}
			if !open {
				return nil
			}
			if err := gochan.Send(co, out, v); err != nil {
				return err
			}
		}
		return nil
	})
	tasks("executor.Blocking", func(co *coro.Co, in, out chan int) error {
		for {
			v, err := executor.Blocking(co, func() (int, error) {
				v, ok := <-in
				if !ok {
					return -1, nil
				}
				return v, nil
			})
			if err != nil || v < 0 {
				return err
			}
			if err := gochan.Send(co, out, v); err != nil {
				return err
			}
		}
	})
}

// What a wait costs in memory, with its task: 10,000 tasks receive, each from a channel of its own or all from one,
// beside goroutines, and a task that sleeps.
func BenchmarkBytes(b *testing.B) {
	const n = 10000
	used := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapInuse + m.StackInuse
	}
	chans := make([]chan int, n)
	for i := range chans {
		chans[i] = make(chan int)
	}
	tasks := func(name string, dedicated int, spawn func(rt *executor.Runtime, own chan int), waiting func(rt *executor.Runtime) int) {
		b.Run(name, func(b *testing.B) {
			rt, err := executor.New(executor.Options{Workers: 1})
			if err != nil {
				b.Fatal(err)
			}
			defer rt.Close()
			gochan.SetLimits(rt, dedicated, 256)
			before := used()
			for _, ch := range chans {
				spawn(rt, ch)
			}
			for waiting(rt) < n {
				runtime.Gosched()
			}
			b.ReportMetric(float64(used()-before)/n, "B/wait")
			b.ReportMetric(float64(gochan.Count(rt).Helpers), "helpers")
		})
	}
	waiting := func(rt *executor.Runtime) int { return gochan.Count(rt).Waiting }
	body := func(rt *executor.Runtime, ch chan int) {
		executor.Do(rt, func(co *coro.Co) error { _, _, err := gochan.Recv(co, ch); return err })
	}
	future := func(rt *executor.Runtime, ch chan int) { executor.Spawn(rt, gochan.NewRecv(ch)) }

	b.Run("goroutine", func(b *testing.B) {
		before := used()
		stop := make(chan struct{})
		var started sync.WaitGroup
		for _, ch := range chans {
			started.Add(1)
			go func() {
				started.Done()
				select {
				case <-ch:
				case <-stop:
				}
			}()
		}
		started.Wait()
		b.ReportMetric(float64(used()-before)/n, "B/wait")
		close(stop)
	})
	tasks("body/asleep", n, func(rt *executor.Runtime, _ chan int) {
		executor.Do(rt, func(co *coro.Co) error { return coro.Sleep(co, time.Hour) })
	}, func(rt *executor.Runtime) int { return int(rt.Stats().Polls) })
	tasks("body/dedicated", n, body, waiting)
	tasks("body/group", 0, body, waiting)
	tasks("body/one channel", n, func(rt *executor.Runtime, _ chan int) { body(rt, chans[0]) }, waiting)
	tasks("future/dedicated", n, future, waiting)
	tasks("future/group", 0, future, waiting)
	tasks("future/one channel", n, func(rt *executor.Runtime, _ chan int) { future(rt, chans[0]) }, waiting)
}
