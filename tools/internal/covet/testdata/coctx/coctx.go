// Package coctx has contexts that bound nothing, and others.
package coctx

import (
	"context"
	"errors"
	"time"

	"github.com/moduvex/moduvex-go/core/coro"
)

var errLate = errors.New("late")

func blank(co *coro.Co) error {
	_, cancel := context.WithTimeout(co, time.Second) // want `context.WithTimeout\(co, ...\) bounds no await of this function, .* use coro.WithTimeout\(co, d, ...\), or coro.WithContext\(co, ctx, ...\) \(coctx\)`
	defer cancel()
	return coro.Sleep(co, time.Hour)
}

func blankAssigned(co *coro.Co) error {
	var cancel context.CancelFunc
	_, cancel = context.WithTimeoutCause(co, time.Second, errLate) // want `WithTimeoutCause`
	defer cancel()
	return coro.Sleep(co, time.Hour)
}

func askedForItsError(co *coro.Co) error {
	ctx, cancel := context.WithDeadline(co, time.Now()) // want `WithDeadline.* use coro.WithDeadline`
	defer cancel()
	if err := coro.Sleep(co, time.Hour); err != nil {
		return err
	}
	_ = ctx
	return ctx.Err()
}

func received(co *coro.Co) error {
	ctx, cancel := context.WithCancelCause(co) // want `WithCancelCause.* use coro.WithCancel`
	defer cancel(nil)
	select {
	case <-ctx.Done():
	default:
	}
	return co.Suspend()
}

func inALiteral(co *coro.Co) error {
	return coro.WithCancel(co, func(co *coro.Co, cancel func(error)) error {
		ctx, stop := context.WithCancel(co) // want `WithCancel\(`
		defer stop()
		for ctx.Err() == nil {
			if err := helper(co, 1); err != nil {
				return err
			}
		}
		return nil
	})
}

func helper(co *coro.Co, n int) error { return co.Yield() }

// Misses.

func passed(co *coro.Co, query func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(co, time.Second)
	defer cancel()
	if err := query(ctx); err != nil {
		return err
	}
	return coro.Sleep(co, time.Hour)
}

func scoped(co *coro.Co) error {
	ctx, cancel := context.WithTimeout(co, time.Second)
	defer cancel()
	return coro.WithContext(co, ctx, func(co *coro.Co) error { return coro.Sleep(co, time.Hour) })
}

func watched(co *coro.Co, closeIt func()) error {
	ctx, cancel := context.WithTimeout(co, time.Second)
	defer cancel()
	go func() {
		<-ctx.Done()
		closeIt() // ends the await below
	}()
	return coro.Sleep(co, time.Hour)
}

func channelPassed(co *coro.Co, end func(<-chan struct{})) error {
	ctx, cancel := context.WithTimeout(co, time.Second)
	defer cancel()
	end(ctx.Done())
	return coro.Sleep(co, time.Hour)
}

func derivedFurther(co *coro.Co, query func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(co, time.Second)
	defer cancel()
	ctx2 := context.WithValue(ctx, errLate, 1)
	return errors.Join(query(ctx2), co.Yield())
}

func ofAnotherParent(co *coro.Co) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	err := coro.Sleep(co, time.Hour)
	return errors.Join(err, ctx.Err())
}

func withoutAnAwait(co *coro.Co) error {
	ctx, cancel := context.WithTimeout(co, time.Second)
	defer cancel()
	return ctx.Err()
}

func afterTheAwaits(co *coro.Co) error {
	err := coro.Sleep(co, time.Hour)
	ctx, cancel := context.WithTimeout(co, time.Second)
	defer cancel()
	return errors.Join(err, ctx.Err())
}

func methodValue(co *coro.Co) (func() error, error) {
	ctx, cancel := context.WithTimeout(co, time.Second)
	context.AfterFunc(co, cancel)
	return ctx.Err, co.Yield()
}

type holder struct{ ctx context.Context }

func (h *holder) kept(co *coro.Co) error {
	var cancel context.CancelFunc
	h.ctx, cancel = context.WithTimeout(co, time.Second)
	defer cancel()
	return co.Yield()
}

func silenced(co *coro.Co) error {
	_, cancel := context.WithTimeout(co, time.Second) //covet:ignore it is not for the sleep
	defer cancel()
	//covet:ignore nor is this one
	_, cancel = context.WithTimeout(co, time.Second)
	defer cancel()
	return coro.Sleep(co, time.Hour)
}

func silencedWithoutReason(co *coro.Co) error {
	//covet:ignore
	_, cancel := context.WithTimeout(co, time.Second) // want `WithTimeout`
	defer cancel()
	return coro.Sleep(co, time.Hour)
}
