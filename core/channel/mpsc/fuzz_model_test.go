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
	line     []int // senders that wait for a place, by their number
	asks     [fuzzSenders]ask
	permits  int // places of permits
	senders  int // that are not closed
	open     [fuzzSenders]bool
	closed   bool
	gone     bool
}

// An ask is how far a sender has come that wants a place.
type ask uint8

const (
	askNone   ask = iota
	askLine       // it waits
	askPlace      // it has a place, which it takes at its next poll
	askClosed     // it is told so at its next poll
)

func (m *model) free() bool {
	used := len(m.queue) + m.permits
	for _, a := range m.asks {
		if a == askPlace {
			used++
		}
	}
	return used < m.capacity
}

// ended says that nothing will be received after what is queued.
func (m *model) ended() bool {
	return m.gone || (m.closed || m.senders == 0) && m.permits == 0 && !slices.Contains(m.asks[:], askPlace)
}

// refuses says why a try of sender i gets no place, or nil.
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
		m.asks[i] = askPlace
	case mpsc.ErrFull:
		m.asks[i] = askLine
		m.line = append(m.line, i)
	default:
		m.asks[i] = askClosed
	}
}

// leave is the end of what sender i has asked for, whether or not it was answered.
func (m *model) leave(i int) {
	m.asks[i] = askNone
	if at := slices.Index(m.line, i); at >= 0 {
		m.line = slices.Delete(m.line, at, at+1)
	}
	m.settle()
}

// settle gives the places that are free to the first in line.
func (m *model) settle() {
	for len(m.line) > 0 && m.free() && !m.closed {
		m.asks[m.line[0]] = askPlace
		m.line = m.line[1:]
	}
}

// answer judges what sender i is told, and is the end of its ask.
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

// reserved judges the answer to a reservation of sender i.
func (m *model) reserved(i int, err error) error {
	a := m.asks[i]
	if a != askPlace && a != askClosed || (a == askPlace) != (err == nil) {
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
