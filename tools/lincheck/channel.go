package lincheck

import (
	"slices"

	"github.com/anishathalye/porcupine"
)

// The operations on a channel. ID tells apart sends that wait, and permits. A receive of many counts as one receive for
// each value that it got. Results are of type Outcome, Received or int.
type (
	TrySend     struct{ V int }     // Done, Refused or Closed
	PollSend    struct{ ID, V int } // Done, Pending or Closed; the first one enters the line
	EnterSend   struct{ ID int }    // always Pending
	LeaveSend   struct{ ID, V int } // Done or Closed
	CancelSend  struct{ ID int }    // Done; nothing was sent
	LostSend    struct{ ID, V int } // Done; V was sent or not
	Receive     struct{}            // a Received
	LostReceive struct{}            // Done; a value was received or not

	TryReserve    struct{ ID int }    // Done, Refused or Closed; with Done ID has a permit
	PollReserve   struct{ ID int }    // Done, Pending or Closed, as PollSend
	LeaveReserve  struct{ ID int }    // Done or Closed, after an EnterSend
	SendPermit    struct{ ID, V int } // Done, or Closed if the queue is closed
	ReleasePermit struct{ ID int }    // Done

	QueueLen    struct{} // the number of values, for the receiver: see Channel
	CloseSender struct{} // Done
	StopQueue   struct{} // Done; the receiver takes no new values
	CloseQueue  struct{} // Done; the queued values are released as well
)

// Received is the result of a receive: Done with a value, Pending if there is none yet, or Closed.
type Received struct {
	Outcome Outcome
	V       int
}

// A channel is a queue, and the line of the sends that want a slot in it.
type channel struct {
	slots   line
	queue   []int
	held    []request // permits, by id
	senders int
	closed  bool
}

// Channel is the model of a channel with a capacity, and some senders.
//
// A receive of the model passes the slot on in the same step. That of core/channel/mpsc does so a moment after it has
// taken the value. Only a sender could see the difference, by a Len in between that counts a value less while the first
// in line has no slot yet. So only the receiver calls Len.
func Channel(capacity, senders int) porcupine.Model {
	return model(channel{slots: line{free: capacity}, senders: senders}, channel.equal, stepChannel)
}

func (c channel) equal(o channel) bool {
	return c.senders == o.senders && c.closed == o.closed && slices.Equal(c.queue, o.queue) &&
		slices.Equal(c.held, o.held) && c.slots.equal(o.slots)
}

func stepChannel(c channel, op, result any) []channel {
	switch op := op.(type) {
	case TrySend:
		return c.trySend(op.V, result)
	case PollSend:
		return c.entered(op.ID).leave(op.ID, op.V, result)
	case EnterSend:
		c.slots = c.slots.enter(request{op.ID, 1})
		return one(c, true)
	case LeaveSend:
		return c.leave(op.ID, op.V, result)
	case CancelSend:
		return c.cancel(op.ID)
	case TryReserve, PollReserve, LeaveReserve, SendPermit, ReleasePermit:
		return c.permit(op, result)
	case LostSend:
		return append(c.cancel(op.ID), c.leave(op.ID, op.V, Done)...)
	case Receive:
		c, r := c.receive()
		return one(c, result == r)
	case LostReceive:
		next, _ := c.receive()
		return []channel{c, next}
	case QueueLen:
		return one(c, result == len(c.queue))
	case CloseSender:
		c.senders--
		return one(c, true)
	case StopQueue, CloseQueue:
		c.slots = c.slots.close()
		if op == (CloseQueue{}) {
			c.queue, c.closed = nil, true
		}
		return one(c, true)
	}
	return nil
}

func (c channel) trySend(v int, result any) []channel {
	if c.slots.closed {
		return one(c, result == Closed)
	}
	slots, ok := c.slots.try(1)
	if !ok {
		return one(c, result == Refused)
	}
	c.slots = slots
	return one(c.push(v), result == Done)
}

// entered is c with id in line.
func (c channel) entered(id int) channel {
	if _, _, known := c.slots.leave(id); !known {
		c.slots = c.slots.enter(request{id, 1})
	}
	return c
}

// permit is the step of an operation that makes a permit or uses one.
func (c channel) permit(op, result any) []channel {
	switch op := op.(type) {
	case TryReserve:
		if c.slots.closed {
			return one(c, result == Closed)
		}
		slots, ok := c.slots.try(1)
		if !ok {
			return one(c, result == Refused)
		}
		c.slots = slots
		c.held = with(c.held, request{op.ID, 1})
		return one(c, result == Done)
	case PollReserve:
		return c.entered(op.ID).reserve(op.ID, result)
	case LeaveReserve:
		return c.reserve(op.ID, result)
	case SendPermit:
		held, ok := without(c.held, op.ID)
		c.held = held
		if c.closed {
			return one(c, ok && result == Closed)
		}
		return one(c.push(op.V), ok && result == Done)
	case ReleasePermit:
		held, ok := without(c.held, op.ID)
		c.held = held
		c.slots = c.slots.release(1)
		return one(c, ok)
	}
	return nil
}

// reserve is the step in which a reservation sees its outcome.
func (c channel) reserve(id int, result any) []channel {
	slots, a, known := c.slots.leave(id)
	c.slots = slots
	if known && a == Done {
		c.held = with(c.held, request{id, 1})
	}
	return one(c, known && result == a)
}

func (c channel) push(v int) channel {
	c.queue = append(slices.Clip(c.queue), v)
	return c
}

// leave is the step in which a send of v sees its outcome.
func (c channel) leave(id, v int, result any) []channel {
	slots, a, known := c.slots.leave(id)
	c.slots = slots
	switch {
	case !known:
		return nil
	case a == Done && c.closed:
		return one(c, result == Closed)
	case a == Done:
		c = c.push(v)
	}
	return one(c, result == a)
}

func (c channel) cancel(id int) []channel {
	slots, known := c.slots.cancel(id)
	c.slots = slots
	return one(c, known)
}

func (c channel) receive() (channel, Received) {
	if len(c.queue) > 0 {
		v := c.queue[0]
		c.queue = c.queue[1:]
		c.slots = c.slots.release(1)
		return c, Received{Done, v}
	}
	over := (c.slots.closed || c.senders == 0) && len(c.slots.granted) == 0 && len(c.held) == 0
	if c.closed || over {
		return c, Received{Outcome: Closed}
	}
	return c, Received{Outcome: Pending}
}
