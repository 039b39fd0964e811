package lincheck

import (
	"slices"

	"github.com/anishathalye/porcupine"
)

// The operations on a channel. ID tells sends that wait apart, and permits. A receive of many is as many
// receives as it got values, since it says nothing of those that it has left. Answers are of type Answer, Received
// or int.
type (
	TrySend     struct{ V int }     // Done, Refused or Closed
	PollSend    struct{ ID, V int } // Done, Pending or Closed; the first one enters the line
	EnterSend   struct{ ID int }    // Pending, whatever it came to
	LeaveSend   struct{ ID, V int } // Done or Closed
	CancelSend  struct{ ID int }    // Done; nothing was sent
	LostSend    struct{ ID, V int } // Done; V was sent or not
	Receive     struct{}            // a Received
	LostReceive struct{}            // Done; a value was received or not

	TryReserve    struct{ ID int }    // Done, Refused or Closed; with Done ID has a permit
	PollReserve   struct{ ID int }    // Done, Pending or Closed, as PollSend
	LeaveReserve  struct{ ID int }    // Done or Closed, after an EnterSend
	SendPermit    struct{ ID, V int } // Done, or Closed if the queue was discarded
	ReleasePermit struct{ ID int }    // Done

	QueueLen    struct{} // the number of values, for the receiver: see Channel
	CloseSender struct{} // Done
	StopQueue   struct{} // Done; the receiver wants nothing new
	CloseQueue  struct{} // Done; nor what is queued
)

// Received is what a receive came to: Done with a value, Pending if there is none yet, or Closed.
type Received struct {
	Answer Answer
	V      int
}

// A channel is a queue, and the line of those who want a place in it.
type channel struct {
	places  line
	queue   []int
	held    []turn // permits, by id
	senders int
	gone    bool
}

// Channel is the model of a channel with a capacity, and some senders.
//
// A receive hands the place on in the same step. That of core/channel/mpsc does so a moment after it has
// taken the value. Nobody can tell, but for a sender that looks at the length in between, and then
// sees that the first in line has no place yet; so only the receiver may look.
func Channel(capacity, senders int) porcupine.Model {
	return model(channel{places: line{free: capacity}, senders: senders}, channel.equal, stepChannel)
}

func (c channel) equal(o channel) bool {
	return c.senders == o.senders && c.gone == o.gone && slices.Equal(c.queue, o.queue) &&
		slices.Equal(c.held, o.held) && c.places.equal(o.places)
}

func stepChannel(c channel, op, answer any) []channel {
	switch op := op.(type) {
	case TrySend:
		return c.trySend(op.V, answer)
	case PollSend:
		return c.entered(op.ID).leave(op.ID, op.V, answer)
	case EnterSend:
		c.places = c.places.enter(turn{op.ID, 1})
		return one(c, true)
	case LeaveSend:
		return c.leave(op.ID, op.V, answer)
	case CancelSend:
		return c.cancel(op.ID)
	case TryReserve, PollReserve, LeaveReserve, SendPermit, ReleasePermit:
		return c.permit(op, answer)
	case LostSend:
		return append(c.cancel(op.ID), c.leave(op.ID, op.V, Done)...)
	case Receive:
		c, r := c.receive()
		return one(c, answer == r)
	case LostReceive:
		next, _ := c.receive()
		return []channel{c, next}
	case QueueLen:
		return one(c, answer == len(c.queue))
	case CloseSender:
		c.senders--
		return one(c, true)
	case StopQueue, CloseQueue:
		c.places = c.places.close()
		if op == (CloseQueue{}) {
			c.queue, c.gone = nil, true
		}
		return one(c, true)
	}
	return nil
}

func (c channel) trySend(v int, answer any) []channel {
	if c.places.closed {
		return one(c, answer == Closed)
	}
	places, ok := c.places.try(1)
	if !ok {
		return one(c, answer == Refused)
	}
	c.places = places
	return one(c.push(v), answer == Done)
}

// entered is c with id in line.
func (c channel) entered(id int) channel {
	if _, _, known := c.places.leave(id); !known {
		c.places = c.places.enter(turn{id, 1})
	}
	return c
}

// permit is the step of an operation that makes a permit or uses one.
func (c channel) permit(op, answer any) []channel {
	switch op := op.(type) {
	case TryReserve:
		if c.places.closed {
			return one(c, answer == Closed)
		}
		places, ok := c.places.try(1)
		if !ok {
			return one(c, answer == Refused)
		}
		c.places = places
		c.held = with(c.held, turn{op.ID, 1})
		return one(c, answer == Done)
	case PollReserve:
		return c.entered(op.ID).reserve(op.ID, answer)
	case LeaveReserve:
		return c.reserve(op.ID, answer)
	case SendPermit:
		held, ok := without(c.held, op.ID)
		c.held = held
		if c.gone {
			return one(c, ok && answer == Closed)
		}
		return one(c.push(op.V), ok && answer == Done)
	case ReleasePermit:
		held, ok := without(c.held, op.ID)
		c.held = held
		c.places = c.places.release(1)
		return one(c, ok)
	}
	return nil
}

// reserve is how who wants a permit learns of its turn.
func (c channel) reserve(id int, answer any) []channel {
	places, a, known := c.places.leave(id)
	c.places = places
	if known && a == Done {
		c.held = with(c.held, turn{id, 1})
	}
	return one(c, known && answer == a)
}

func (c channel) push(v int) channel {
	c.queue = append(slices.Clip(c.queue), v)
	return c
}

// leave is how a send learns of its turn, and sends v.
func (c channel) leave(id, v int, answer any) []channel {
	places, a, known := c.places.leave(id)
	c.places = places
	switch {
	case !known:
		return nil
	case a == Done && c.gone:
		return one(c, answer == Closed)
	case a == Done:
		c = c.push(v)
	}
	return one(c, answer == a)
}

func (c channel) cancel(id int) []channel {
	places, known := c.places.cancel(id)
	c.places = places
	return one(c, known)
}

func (c channel) receive() (channel, Received) {
	if len(c.queue) > 0 {
		v := c.queue[0]
		c.queue = c.queue[1:]
		c.places = c.places.release(1)
		return c, Received{Done, v}
	}
	over := (c.places.closed || c.senders == 0) && len(c.places.granted) == 0 && len(c.held) == 0
	if c.gone || over {
		return c, Received{Answer: Closed}
	}
	return c, Received{Answer: Pending}
}
