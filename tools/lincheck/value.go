package lincheck

import (
	"slices"

	"github.com/anishathalye/porcupine"
)

// The operations on a watched value. R is the number of a receiver. Results are of type Outcome,
// Received, bool or int.
type (
	SetValue      struct{ V int } // Done
	LostSet       struct{ V int } // Done; V was set or not
	SwapValue     struct{ V int } // the value before
	GetValue      struct{}        // the value
	NextValue     struct{ R int } // a Received; Pending if there is nothing new
	LostNext      struct{ R int } // Done; the value was seen or not
	ValueChanged  struct{ R int } // whether there is a value that R has not seen
	CloseValue    struct{}        // Done
	CloseReceiver struct{ R int } // Done
)

// A watched is the value and what each receiver has seen of it.
type watched struct {
	value   int
	version int
	closed  bool
	seen    []int // the version, or closedReceiver
}

const closedReceiver = -1

// Value is the model of a value that receivers see change.
func Value(value, receivers int) porcupine.Model {
	start := watched{value: value, version: 1, seen: make([]int, receivers)}
	return model(start, watched.equal, stepValue)
}

func (w watched) equal(o watched) bool {
	return w.value == o.value && w.version == o.version && w.closed == o.closed && slices.Equal(w.seen, o.seen)
}

func stepValue(w watched, op, result any) []watched {
	switch op := op.(type) {
	case SetValue:
		return one(w.set(op.V), !w.closed)
	case LostSet:
		return []watched{w, w.set(op.V)}
	case SwapValue:
		return one(w.set(op.V), result == w.value)
	case GetValue:
		return one(w, result == w.value)
	case NextValue:
		w, r := w.next(op.R)
		return one(w, result == r)
	case LostNext:
		next, _ := w.next(op.R)
		return []watched{w, next}
	case ValueChanged:
		seen := w.seen[op.R]
		return one(w, result == (seen != closedReceiver && seen != w.version))
	case CloseValue:
		w.closed = true
		return one(w, true)
	case CloseReceiver:
		return one(w.saw(op.R, closedReceiver), true)
	}
	return nil
}

func (w watched) set(v int) watched {
	w.value = v
	w.version++
	return w
}

func (w watched) saw(r, version int) watched {
	w.seen = slices.Clone(w.seen)
	w.seen[r] = version
	return w
}

func (w watched) next(r int) (watched, Received) {
	switch seen := w.seen[r]; {
	case seen == closedReceiver:
		return w, Received{Outcome: Closed}
	case seen != w.version:
		return w.saw(r, w.version), Received{Done, w.value}
	case w.closed:
		return w, Received{Outcome: Closed}
	}
	return w, Received{Outcome: Pending}
}
