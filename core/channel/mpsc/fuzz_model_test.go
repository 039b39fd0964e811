package mpsc_test

import (
	"fmt"
	"slices"

	"github.com/moduvex/moduvex-go/core/channel/mpsc"
)

// A model is the expected state of a bounded channel, for one actor at a time.
type model struct {
	capacity int
	queue    []int // values, in the order in which they were sent
	line     []int // senders that wait for a slot, by their number
	requests [fuzzSenders]request
	permits  int // slots of permits
	senders  int // that are not closed
	open     [fuzzSenders]bool
	closed   bool
	gone     bool
}

// A request is the state of a sender that wants a slot.
type request uint8

const (
	requestNone   request = iota
	requestLine           // it waits
	requestSlot           // it was granted a slot, which it takes at its next poll
	requestClosed         // its next poll fails
)

func (m *model) free() bool {
	used := len(m.queue) + m.permits
	for _, a := range m.requests {
		if a == requestSlot {
			used++
		}
	}
	return used < m.capacity
}

// ended says that nothing will be received after what is queued.
func (m *model) ended() bool {
	return m.gone || (m.closed || m.senders == 0) && m.permits == 0 && !slices.Contains(m.requests[:], requestSlot)
}

// refuses returns why a try of sender i gets no slot, or nil.
func (m *model) refuses(i int) error {
	switch {
	case m.closed || !m.open[i]:
		return mpsc.ErrClosed
	case len(m.line) > 0 || !m.free():
		return mpsc.ErrFull
	}
	return nil
}

// enter is the first poll of sender i.
func (m *model) enter(i int) {
	switch m.refuses(i) {
	case nil:
		m.requests[i] = requestSlot
	case mpsc.ErrFull:
		m.requests[i] = requestLine
		m.line = append(m.line, i)
	default:
		m.requests[i] = requestClosed
	}
}

// leave is the end of the request of sender i, whether or not it was granted.
func (m *model) leave(i int) {
	m.requests[i] = requestNone
	if at := slices.Index(m.line, i); at >= 0 {
		m.line = slices.Delete(m.line, at, at+1)
	}
	m.settle()
}

// settle grants the free slots to the first in line.
func (m *model) settle() {
	for len(m.line) > 0 && m.free() && !m.closed {
		m.requests[m.line[0]] = requestSlot
		m.line = m.line[1:]
	}
}

// conclude judges the result of sender i, and ends its request.
func (m *model) conclude(i int, v int, err error) error {
	a := m.requests[i]
	want := error(nil)
	if a == requestClosed || m.gone {
		want = mpsc.ErrClosed
	}
	if a == requestLine || err != want {
		return fmt.Errorf("sender %d, at %d, gets %v, want %v", i, a, err, want)
	}
	if err == nil {
		m.queue = append(m.queue, v)
	}
	m.leave(i)
	return nil
}

// reserved judges the result of a reservation of sender i.
func (m *model) reserved(i int, err error) error {
	a := m.requests[i]
	if a != requestSlot && a != requestClosed || (a == requestSlot) != (err == nil) {
		return fmt.Errorf("the reservation of sender %d, at %d, gets %v", i, a, err)
	}
	if err == nil {
		m.permits++
	}
	m.leave(i)
	return nil
}

// sendReserved is the use of a permit.
func (m *model) sendReserved(v int, err error) error {
	m.permits--
	if (err != nil) != m.gone {
		return fmt.Errorf("a permit is told %v", err)
	}
	if err == nil {
		m.queue = append(m.queue, v)
	}
	return nil
}

func (m *model) release() {
	m.permits--
	m.settle()
}

// received judges the result of a receive of up to room values.
func (m *model) received(vs []int, room int, err error) error {
	n := min(room, len(m.queue))
	want := error(nil)
	if n == 0 && room > 0 {
		want = mpsc.ErrEmpty
		if m.ended() {
			want = mpsc.ErrClosed
		}
	}
	if err != want || !slices.Equal(vs, m.queue[:n]) {
		return fmt.Errorf("received %v, %v, want %v, %v", vs, err, m.queue[:n], want)
	}
	m.queue = slices.Clone(m.queue[n:])
	m.settle()
	return nil
}

// close is that of the receiver.
func (m *model) close(gone bool) {
	m.closed = true
	if gone {
		m.gone, m.queue = true, nil
	}
	for _, i := range m.line {
		m.requests[i] = requestClosed
	}
	m.line = nil
}

func (m *model) closeSender(i int) {
	if m.open[i] {
		m.open[i] = false
		m.senders--
	}
}
