package main

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor/net/stream"
)

//guide:begin idle

var errIdle = errors.New("the connection was silent for too long")

// copyUntilIdle is stream.CopyBidirectional that fails with errIdle once no byte has come from either side for the time
// idle. A timeout for each direction would not do: during a long download, one of them is silent.
func copyUntilIdle(co *coro.Co, a, b stream.Duplex, idle time.Duration) (toA, toB int64, err error) {
	var last activity
	last.note(co)
	err = coro.WithGroup(co, coro.GroupOptions{}, func(co *coro.Co, g *coro.Group) (err error) {
		// The first failure in a group cancels the rest of it: this one, the copy.
		g.Do(co, func(co *coro.Co) error { return last.watch(co, idle) })
		toA, toB, err = stream.CopyBidirectional(co, observed{a, &last}, observed{b, &last})
		g.AbortAll() // the watch would go on for ever
		return err
	})
	return toA, toB, err
}

// An activity is the time of the last byte, as the runtime's clock has it. It is atomic for programs whose tasks move
// between workers (executor.WorkStealing).
type activity struct{ last atomic.Int64 }

func (a *activity) note(co *coro.Co) { a.last.Store(int64(co.Context().Now())) }

// watch returns errIdle once nothing has happened for the time idle. It sleeps until that can be the case: a byte costs
// it nothing, and an idle time one wake.
func (a *activity) watch(co *coro.Co, idle time.Duration) error {
	for {
		left := time.Duration(a.last.Load()) + idle - co.Context().Now()
		if left <= 0 {
			return errIdle
		}
		if err := coro.Sleep(co, left); err != nil {
			return err
		}
	}
}

// observed is a stream that notes when it has been read from.
type observed struct {
	stream.Duplex
	activity *activity
}

// Read implements stream.Reader.
func (o observed) Read(co *coro.Co, b []byte) (int, error) {
	n, err := o.Duplex.Read(co, b)
	if n > 0 {
		o.activity.note(co)
	}
	return n, err
}

//guide:end idle
