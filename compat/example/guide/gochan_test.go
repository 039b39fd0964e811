package guide

import (
	"context"
	"fmt"
	"time"

	"github.com/moduvex/moduvex-go/compat/gochan"
	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/channel/mpsc"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/timer"
	"github.com/moduvex/moduvex-go/executor"
)

//guide:begin gochan

// collect adds up what comes from a Go channel and from a channel of ours, until one is closed. stop is an ordinary
// Go channel, too: that of signal.Notify, say.
func collect(co *coro.Co, in <-chan int, rx *mpsc.Receiver[int], stop <-chan struct{}) (sum int, err error) {
	for open := true; open; {
		_, err := gochan.Select(co,
			gochan.OnRecv(in, func(v int, ok bool) { sum, open = sum+v, ok }),
			gochan.OnFuture(rx, func(r core.Result[int]) { sum, open = sum+r.Value, r.Err == nil }), // a closed one is ready for ever
			gochan.OnRecv(stop, func(struct{}, bool) { open = false }),
			gochan.OnFuture(timer.Sleep(time.Minute), func(struct{}) { open = false }),
		)
		if err != nil {
			return sum, err
		}
	}
	return sum, nil
}

//guide:end gochan

func Example_gochan() {
	in := make(chan int)
	tx, rx := mpsc.New[int](1)
	go func() {
		for i := range 4 {
			in <- i
		}
		if tx.SendWait(context.Background(), 36) == nil {
			for rx.Len() != 0 { // until the task has it
				time.Sleep(time.Millisecond)
			}
		}
		close(in)
	}()
	sum, err := executor.Run(context.Background(), executor.Options{}, func(co *coro.Co) (int, error) {
		return collect(co, in, rx, nil)
	})
	fmt.Println(sum, err)
	// Output: 42 <nil>
}
