package gochan

import (
	"iter"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// Feed starts a task that sends what it ranges over to a new channel, for goroutines: values is a method such as
// mpsc.Receiver.All, or a function of the program. The channel has the given capacity. It is closed when the task has
// ended, in any way: by the end of the range, by an error of it, by an abort, or because the spawn was refused. The
// join of the handle tells which.
//
// The task waits while nothing receives from a full channel. A program that stops receiving aborts the handle; the
// value that the task was about to send is lost then.
func Feed[T any](s core.Spawner, capacity int, values func(co *coro.Co) iter.Seq2[T, error]) (<-chan T, joinhandle.JoinHandle[struct{}]) {
	switch {
	case values == nil:
		panic("gochan: Feed of a nil function")
	case capacity < 0:
		panic("gochan: Feed to a channel of a negative capacity")
	}
	ch := make(chan T, capacity)
	h := executor.Do(s, func(co *coro.Co) error {
		seq := values(co)
		if seq == nil {
			panic("gochan: the function given to Feed returned a nil Seq2")
		}
		for v, err := range seq {
			if err != nil {
				return err
			}
			if err := Send(co, ch, v); err != nil {
				return err
			}
		}
		return nil
	})
	h.OnEnd(func() { close(ch) })
	return ch, h
}

// Of makes f a task, as executor.Spawn does, and returns a channel that gets its output and is closed then. The
// channel holds the output, so nothing waits if no goroutine receives it. To abort the task, keep its handle and call
// [Output] instead.
func Of[T any](s core.Spawner, f core.Future[T]) <-chan core.Result[T] {
	assertFuture("Of", f)
	return Output(executor.Spawn(s, f))
}

// Output returns a channel that gets the output of the task, and is closed, when the task has ended. It joins the
// task: another join fails with core.ErrAlreadyJoined. The channel holds the output, and there is no goroutine behind
// it. Where only the end matters, JoinHandle.Done is a channel already.
func Output[T any](h joinhandle.JoinHandle[T]) <-chan core.Result[T] {
	ch := make(chan core.Result[T], 1)
	h.OnEnd(func() {
		if r, ok := h.TryJoin(); ok {
			ch <- r
		}
		close(ch)
	})
	return ch
}
