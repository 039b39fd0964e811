package mpsc_test

import (
	"fmt"
	"slices"

	"github.com/moduvex/moduvex-go/core/channel/mpsc"
)

// A model is what a bounded channel is to be, for one actor at a time.
type model struct {
	capacity int
	queue    []int // values, in the order in which they were sent
	line     []int // senders that wait for a slot, by their number
	asks     [fuzzSenders]ask
	permits  int // slots of permits
	senders  int // that are not closed
	open     [fuzzSenders]bool
	closed   bool
	gone     bool
}

// An ask is the state of a sender that wants a slot.
type ask uint8

const (
	askNone   ask = iota
	askLine       // it waits
	askSlot       // it was granted a slot, which it takes at its next poll
	askClosed     // its next poll fails
)

func (m *model) free() bool {
	used := len(m.queue) + m.permits
	for _, a := range m.asks {
		if a == askSlot {
			used++
		}
	}
	return used < m.capacity
}

// ended says that nothing will be received after what is queued.
func (m *model) ended() bool {
	return m.gone || (m.closed || m.senders == 0) && m.permits == 0 && !slices.Contains(m.asks[:], askSlot)
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
		m.asks[i] = askSlot
	case mpsc.ErrFull:
		m.asks[i] = askLine
		m.line = append(m.line, i)
	default:
		m.asks[i] = askClosed
	}
}

// leave is the end of the request of sender i, whether or not it was granted.
func (m *model) leave(i int) {
	m.asks[i] = askNone
	if at := slices.Index(m.line, i); at >= 0 {
		m.line = slices.Delete(m.line, at, at+1)
	}
	m.settle()
}

// settle grants the free slots to the first in line.
func (m *model) settle() {
	for len(m.line) > 0 && m.free() && !m.closed {
		m.asks[m.line[0]] = askSlot
		m.line = m.line[1:]
	}
}

// answer judges the result of sender i, and ends its request.
func (m *model) answer(i int, v int, err error) error {
	a := m.asks[i]
	want := error(nil)
	if a == askClosed || m.gone {
		want = mpsc.ErrClosed
	}
	if a == askLine || err != want {
		return fmt.Errorf("sender %d, at %d, is told %v, want %v", i, a, err, want)
	}
	if err == nil {
		m.queue = append(m.queue, v)
	}
	m.leave(i)
	return nil
}

// reserved judges the result of a reservation of sender i.
func (m *model) reserved(i int, err error) error {
	a := m.asks[i]
	if a != askSlot && a != askClosed || (a == askSlot) != (err == nil) {
		return fmt.Errorf("the reservation of sender %d, at %d, is told %v", i, a, err)
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

// received judges what came out of a receive of up to room values.
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
		m.asks[i] = askClosed
	}
	m.line = nil
}

func (m *model) closeSender(i int) {
	if m.open[i] {
		m.open[i] = false
		m.senders--
	}
}
