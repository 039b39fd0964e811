package lincheck_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"testing"

	"github.com/anishathalye/porcupine"
	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/channel/watch"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/tools/lincheck"
)

const (
	setClients   = 2
	watchClients = 3
	setSteps     = 15
	watchSteps   = 15
)

// A watcher is what a client uses of a receiver, so that it can be broken.
type watcher interface {
	TryNext() (int, error)
	Next(co *coro.Co) (int, error)
	NextWait(ctx context.Context) (int, error)
	NextFuture() watch.NextFuture[int]
	Changed() bool
	Get() int
	Close()
}

// watchScenario has clients that set the value, the last of which closes the channel, and clients
// that watch it, until the end or until they have had enough. damage may break the receivers.
func watchScenario(damage func(watcher) watcher) scenario {
	return func(*rand.Rand) (porcupine.Model, []func(*coro.Co, *client) error) {
		tx, first := watch.New(-1)
		first.Close()
		var ended atomic.Int32
		var bodies []func(*coro.Co, *client) error
		for r := range watchClients {
			rx := damage(tx.Subscribe())
			bodies = append(bodies, func(co *coro.Co, c *client) error {
				c.watchAll(co, rx, r)
				return nil
			})
		}
		for range setClients {
			bodies = append(bodies, func(co *coro.Co, c *client) error {
				for range setSteps {
					c.setStep(co, tx)
				}
				if ended.Add(1) == setClients {
					c.do(lincheck.CloseValue{}, func() any { tx.Close(); return lincheck.Done })
				}
				return nil
			})
		}
		return lincheck.Value(-1, watchClients), bodies
	}
}

// setStep sets the value in some way.
func (c *client) setStep(co *coro.Co, tx *watch.Sender[int]) {
	c.pause(co)
	v := c.newID()
	switch c.rnd.IntN(6) {
	case 0, 1:
		c.do(lincheck.SetValue{V: v}, func() any { tx.SendOn(co.Context(), v); return lincheck.Done })
	case 2, 3:
		c.do(lincheck.SwapValue{V: v}, func() any {
			var before int
			tx.Update(func(old int) (int, bool) { before = old; return v, true })
			return before
		})
	case 4:
		begin, end, aborted := c.aborted(co, func(co *coro.Co) {
			co.Yield()
			tx.Send(v)
		})
		if aborted { // before it began, or after it has sent
			c.Add(begin, end, lincheck.LostSet{V: v}, lincheck.Done)
		} else {
			c.Add(begin, end, lincheck.SetValue{V: v}, lincheck.Done)
		}
	case 5:
		c.disturb()
		c.do(lincheck.GetValue{}, func() any { return tx.Get() })
	}
}

// watchAll sees the value change, and closes the receiver at some time.
func (c *client) watchAll(co *coro.Co, rx watcher, r int) {
	for range watchSteps {
		if c.watchStep(co, rx, r) {
			break
		}
	}
	for !c.one(3) && !c.watchStep(co, rx, r) {
	}
	c.do(lincheck.CloseReceiver{R: r}, func() any { rx.Close(); return lincheck.Done })
	c.watchStep(co, rx, r)
}

// watchStep sees the next value in some way, and reports whether there will be none.
func (c *client) watchStep(co *coro.Co, rx watcher, r int) (ended bool) {
	c.pause(co)
	op := lincheck.NextValue{R: r}
	switch c.rnd.IntN(9) {
	case 0, 1:
		c.do(op, func() any {
			v, err := rx.TryNext()
			ended = err == watch.ErrClosed
			return received(v, err, watch.ErrUnchanged, watch.ErrClosed)
		})
	case 2, 3, 4:
		p := &polled[core.Result[int]]{
			c: c, f: rx.NextFuture(), op: op, wait: lincheck.Received{Outcome: lincheck.Pending},
			what: func(r core.Result[int]) any { return received(r.Value, r.Err, watch.ErrUnchanged, watch.ErrClosed) },
		}
		res, ok := p.await(co)
		ended = ok && res.Err == watch.ErrClosed
	case 5:
		begin := c.Now()
		var v int
		var err error
		c.cancellable(co, func(co *coro.Co) { v, err = rx.Next(co) })
		ended = c.addNext(begin, c.Now(), r, v, err)
	case 6:
		var v int
		var err error
		begin, end, aborted := c.aborted(co, func(co *coro.Co) { v, err = rx.Next(co) })
		if !aborted {
			return c.addNext(begin, end, r, v, err)
		}
		c.Add(begin, end, lincheck.LostNext{R: r}, lincheck.Done)
	case 7:
		c.disturb()
		c.do(lincheck.ValueChanged{R: r}, func() any { return rx.Changed() })
		c.do(lincheck.GetValue{}, func() any { return rx.Get() })
	case 8:
		begin := c.Now()
		var v int
		var err error
		c.blocked(co, func(co *coro.Co) { v, err = rx.Next(co) }, func(ctx context.Context) { v, err = rx.NextWait(ctx) })
		ended = c.addNext(begin, c.Now(), r, v, err)
	}
	return ended
}

// addNext records what was seen in direct style, and reports whether the channel has ended. One that
// was cancelled has seen nothing, as later ones show.
func (c *client) addNext(begin, end int64, r, v int, err error) (ended bool) {
	if !errors.Is(err, core.ErrCancelled) {
		c.Add(begin, end, lincheck.NextValue{R: r}, received(v, err, watch.ErrUnchanged, watch.ErrClosed))
	}
	return err == watch.ErrClosed
}

func whole(rx watcher) watcher { return rx }

func TestWatchShowsTheNewestValueAndTheLast(t *testing.T) {
	holds(t, 60, watchScenario(whole))
}
