package lincheck_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/anishathalye/porcupine"
	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/channel/mpsc"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/tools/lincheck"
)

const (
	sendClients  = 4
	sendSteps    = 10
	receiveSteps = 24
)

// A sender and a receiver are what the clients use of a channel, so that it can be broken.
type sender interface {
	TrySend(v int) error
	Send(co *coro.Co, v int) error
	SendWait(ctx context.Context, v int) error
	TryReserve() (mpsc.Permit[int], error)
	Len() int
	Close()
}

type receiver interface {
	core.Future[core.Result[int]]
	core.Dropper
	TryRecv() (int, error)
	Recv(co *coro.Co) (int, error)
	RecvWait(ctx context.Context) (int, error)
	TryRecvMany(buf []int) (int, error)
	RecvMany(co *coro.Co, buf []int) (int, error)
	Len() int
	Close()
	Stop()
}

// channelScenario has senders that send in all ways, and a receiver that ends the channel early, or
// goes on until the last sender is closed. damage may break the ends.
func channelScenario(damage func(sender, receiver) (sender, receiver)) scenario {
	return func(rnd *rand.Rand) (porcupine.Model, []func(*coro.Co, *client) error) {
		capacity := 1 + rnd.IntN(3)
		first, only := mpsc.New[int](capacity)
		bodies := []func(*coro.Co, *client) error{func(co *coro.Co, c *client) error {
			_, rx := damage(first, only)
			c.receiveAll(co, rx)
			return nil
		}}
		for i := range sendClients {
			own := first
			if i > 0 {
				own = first.Clone()
			}
			bodies = append(bodies, func(co *coro.Co, c *client) error {
				tx, _ := damage(own, only)
				for range sendSteps {
					c.sendStep(co, tx, own)
				}
				c.do(lincheck.CloseSender{}, func() any { tx.Close(); return lincheck.Done })
				return nil
			})
		}
		return lincheck.Channel(capacity, sendClients), bodies
	}
}

// sendStep sends a value in some way. Futures are made by own, which is tx unless that is broken.
func (c *client) sendStep(co *coro.Co, tx sender, own *mpsc.Sender[int]) {
	c.pause(co)
	id := c.newID()
	switch c.rnd.IntN(14) {
	case 0, 1:
		c.do(lincheck.TrySend{V: id}, func() any { return sendAnswer(tx.TrySend(id)) })
	case 2, 3, 4:
		f := own.SendFuture(id)
		p := &polled[error]{
			c: c, f: &f, wait: lincheck.Pending,
			op: lincheck.PollSend{ID: id, V: id}, what: sendAnswer,
			drop: func(begin, end int64) { c.Add(begin, end, lincheck.CancelSend{ID: id}, lincheck.Done) },
		}
		p.await(co)
	case 5:
		begin := c.Now()
		var err error
		c.cancellable(co, func(co *coro.Co) { err = tx.Send(co, id) })
		c.addSend(begin, c.Now(), id, err)
	case 6:
		var err error
		begin, end, aborted := c.aborted(co, func(co *coro.Co) { err = tx.Send(co, id) })
		if !aborted {
			c.addSend(begin, end, id, err)
			break
		}
		c.Add(begin, end, lincheck.EnterSend{ID: id}, lincheck.Pending)
		c.Add(begin, end, lincheck.LostSend{ID: id, V: id}, lincheck.Done)
	case 7:
		c.disturb()
	case 8:
		begin := c.Now()
		var err error
		c.blocked(co, func(co *coro.Co) { err = tx.Send(co, id) }, func(ctx context.Context) { err = tx.SendWait(ctx, id) })
		c.addSend(begin, c.Now(), id, err)
	default:
		c.permitStep(co, tx, own, id)
	}
}

// permitStep reserves a slot in some way, and uses it, or not.
func (c *client) permitStep(co *coro.Co, tx sender, own *mpsc.Sender[int], id int) {
	var permit mpsc.Permit[int]
	var err error
	begin := c.Now()
	switch c.rnd.IntN(5) {
	case 0, 1:
		c.do(lincheck.TryReserve{ID: id}, func() any {
			permit, err = tx.TryReserve()
			return sendAnswer(err)
		})
	case 2:
		f := own.ReserveFuture()
		p := &polled[core.Result[mpsc.Permit[int]]]{
			c: c, f: &f, wait: lincheck.Pending, op: lincheck.PollReserve{ID: id},
			what: func(r core.Result[mpsc.Permit[int]]) any { return sendAnswer(r.Err) },
			drop: func(begin, end int64) { c.Add(begin, end, lincheck.CancelSend{ID: id}, lincheck.Done) },
		}
		r, ok := p.await(co)
		if permit, err = r.Value, r.Err; !ok {
			return
		}
	case 3:
		c.cancellable(co, func(co *coro.Co) { permit, err = own.Reserve(co) })
		c.addReserve(begin, c.Now(), id, err)
	case 4:
		c.blocked(co, func(co *coro.Co) { permit, err = own.Reserve(co) }, func(ctx context.Context) { permit, err = own.ReserveWait(ctx) })
		c.addReserve(begin, c.Now(), id, err)
	}
	if err != nil {
		return
	}
	c.pause(co)
	if c.one(3) {
		c.do(lincheck.ReleasePermit{ID: id}, func() any { permit.ReleaseOn(co.Context()); return lincheck.Done })
	} else {
		c.do(lincheck.SendPermit{ID: id, V: id}, func() any { return sendAnswer(permit.SendOn(co.Context(), id)) })
	}
}

// addReserve records a wait for a permit.
func (c *client) addReserve(begin, end int64, id int, err error) {
	c.Add(begin, end, lincheck.EnterSend{ID: id}, lincheck.Pending)
	if errors.Is(err, core.ErrCancelled) {
		c.Add(begin, end, lincheck.CancelSend{ID: id}, lincheck.Done)
	} else {
		c.Add(begin, end, lincheck.LeaveReserve{ID: id}, sendAnswer(err))
	}
}

// addSend records a send in direct style.
func (c *client) addSend(begin, end int64, id int, err error) {
	c.Add(begin, end, lincheck.EnterSend{ID: id}, lincheck.Pending)
	if errors.Is(err, core.ErrCancelled) {
		c.Add(begin, end, lincheck.CancelSend{ID: id}, lincheck.Done)
	} else {
		c.Add(begin, end, lincheck.LeaveSend{ID: id, V: id}, sendAnswer(err))
	}
}

func sendAnswer(err error) any {
	switch err {
	case nil:
		return lincheck.Done
	case mpsc.ErrFull:
		return lincheck.Refused
	case mpsc.ErrClosed:
		return lincheck.Closed
	}
	return err
}

// receiveAll receives some values in all ways, perhaps ends the channel, and receives the rest.
func (c *client) receiveAll(co *coro.Co, rx receiver) {
	for range receiveSteps {
		if c.receiveStep(co, rx) {
			return
		}
	}
	switch c.rnd.IntN(4) {
	case 0:
		c.do(lincheck.StopQueue{}, func() any { rx.Stop(); return lincheck.Done })
	case 1:
		c.do(lincheck.CloseQueue{}, func() any { rx.Close(); return lincheck.Done })
	}
	for !c.receiveStep(co, rx) {
	}
}

// receiveStep receives a value in some way, and reports whether the channel has ended.
func (c *client) receiveStep(co *coro.Co, rx receiver) (ended bool) {
	c.pause(co)
	switch c.rnd.IntN(11) {
	case 0, 1:
		c.do(lincheck.Receive{}, func() any {
			v, err := rx.TryRecv()
			ended = err == mpsc.ErrClosed
			return received(v, err, mpsc.ErrEmpty, mpsc.ErrClosed)
		})
	case 2, 3, 4:
		p := &polled[core.Result[int]]{
			c: c, f: rx, op: lincheck.Receive{}, wait: lincheck.Received{Outcome: lincheck.Pending},
			what: func(r core.Result[int]) any { return received(r.Value, r.Err, mpsc.ErrEmpty, mpsc.ErrClosed) },
		}
		r, ok := p.await(co)
		ended = ok && r.Err == mpsc.ErrClosed
	case 5:
		begin := c.Now()
		var v int
		var err error
		c.cancellable(co, func(co *coro.Co) { v, err = rx.Recv(co) })
		ended = c.addReceive(begin, c.Now(), v, err)
	case 6:
		var v int
		var err error
		begin, end, aborted := c.aborted(co, func(co *coro.Co) { v, err = rx.Recv(co) })
		if !aborted {
			return c.addReceive(begin, end, v, err)
		}
		c.Add(begin, end, lincheck.LostReceive{}, lincheck.Done)
	case 7:
		c.disturb()
		c.do(lincheck.QueueLen{}, func() any { return rx.Len() })
	case 8:
		begin := c.Now()
		var v int
		var err error
		c.blocked(co, func(co *coro.Co) { v, err = rx.Recv(co) }, func(ctx context.Context) { v, err = rx.RecvWait(ctx) })
		ended = c.addReceive(begin, c.Now(), v, err)
	case 9:
		begin := c.Now()
		var buf [3]int
		n, err := rx.TryRecvMany(buf[:])
		ended = c.addMany(begin, c.Now(), buf[:n], err)
	case 10:
		begin := c.Now()
		var buf [3]int
		var n int
		var err error
		c.cancellable(co, func(co *coro.Co) { n, err = rx.RecvMany(co, buf[:]) })
		ended = c.addMany(begin, c.Now(), buf[:n], err)
	}
	return ended
}

// addMany records a receive of many.
func (c *client) addMany(begin, end int64, values []int, err error) (ended bool) {
	for _, v := range values {
		c.Add(begin, end, lincheck.Receive{}, received(v, nil, mpsc.ErrEmpty, mpsc.ErrClosed))
	}
	if len(values) > 0 && err == nil {
		return false
	}
	return c.addReceive(begin, end, 0, err)
}

// addReceive records a receive in direct style, and reports whether the channel has ended. One that
// was cancelled has received nothing, as later ones show.
func (c *client) addReceive(begin, end int64, v int, err error) (ended bool) {
	if !errors.Is(err, core.ErrCancelled) {
		c.Add(begin, end, lincheck.Receive{}, received(v, err, mpsc.ErrEmpty, mpsc.ErrClosed))
	}
	return err == mpsc.ErrClosed
}

// received is the result of a receive whose errors for nothing yet and for the end are given.
func received(v int, err, empty, closed error) any {
	switch err {
	case nil:
		return lincheck.Received{Outcome: lincheck.Done, V: v}
	case empty:
		return lincheck.Received{Outcome: lincheck.Pending}
	case closed:
		return lincheck.Received{Outcome: lincheck.Closed}
	}
	return err
}

func intact(tx sender, rx receiver) (sender, receiver) { return tx, rx }

func TestChannelKeepsTheOrderOfValuesAndOfSenders(t *testing.T) {
	holds(t, 60, channelScenario(intact))
}
