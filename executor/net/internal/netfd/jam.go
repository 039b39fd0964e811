package netfd

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/reactor"
)

// Jams are the receivers without room that a socket sends to, where the system does not report when there is
// room again: a datagram to a Unix socket that the sender is not connected to counts against the receiver's
// queue, while the sender's own socket is writable all the time. So a send that meets no room waits for a
// pause, and tries again. Each receiver has a jam of its own, and holds up the sends to itself alone.
//
// A jam exists while sends to its receiver wait. They are in line, in the order of their arrival, and only
// the first one tries:
//
//	              no room                       the pause is over          tried, no room: twice the pause
//	no jam ─────────────────→ paused ─────────────────────→ open ─────────────────────────→ paused
//	   ↑                                                     │  ↑
//	   │ nobody is left in line                       tried, │  │ others are in line: the first of them
//	   └──────────────────────────────────── sent or failed ─┴──┘ is woken, and tries
//
// The alarm at the end of the pause wakes all sends in line; those behind the first set it once more. A first
// one that has not come back by then was given up without Unwait, and leaves the line. So however a send ends,
// those behind it go on.
//
// mu guards all jams of a socket. Wakers are called outside it. The alarm's own lock is taken under it.
type Jams struct {
	f      *FD
	active atomic.Int32 // how many jams there are; the one look that a send takes as long as there is none

	mu     sync.Mutex
	closed bool
	jams   map[string]*jam // by receiver
}

// A jam is that of one receiver.
type jam struct {
	jams  *Jams
	to    string
	pause Pause
	line  []inLine
	alarm Alarm
	rings time.Time // when the alarm is set for; zero if it is not
}

type inLine struct {
	waker core.Waker
	rung  bool // woken at the end of a pause, and not back yet
}

// The pauses: a receiver that is alive makes room within microseconds, so the first is the shortest
// that the wheel has; a receiver that sleeps should not cost much.
const (
	firstJam = time.Millisecond
	lastJam  = 32 * time.Millisecond
)

// Init says whose sends j holds up.
func (j *Jams) Init(f *FD) { j.f = f }

// Len returns how many receivers have no room.
func (j *Jams) Len() int { return int(j.active.Load()) }

// Line returns how many sends to a receiver wait, for tests.
func (j *Jams) Line(to string) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	if m := j.jams[to]; m != nil {
		return len(m.line)
	}
	return 0
}

// admit reports whether a send to a receiver may be tried. If not, it is in line, and its waker is woken
// when it should come back.
func (j *Jams) admit(cx *core.Context, to string) bool {
	if j.active.Load() == 0 {
		return true
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	m := j.jams[to]
	if m == nil {
		return true
	}
	h := cx.Host()
	i := m.find(cx.Waker())
	paused := m.pause.Running(h)
	if i >= 0 {
		m.line[i].rung = false
	}
	if i == 0 && !paused {
		return true
	}
	if i < 0 {
		m.line = append(m.line, inLine{waker: cx.Waker()})
	}
	if paused {
		m.wait(h, m.pause.Until())
	} else {
		m.wait(h, after(h, m.pause.Length()))
	}
	return false
}

// full says that a receiver had no room: the send is in line. It returns false if the socket is closed.
func (j *Jams) full(cx *core.Context, to string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closed {
		return false
	}
	m := j.jams[to]
	if m == nil {
		m = &jam{jams: j, to: to, pause: Pause{First: firstJam, Last: lastJam}}
		m.alarm.Init(m)
		if j.jams == nil {
			j.jams = map[string]*jam{}
		}
		j.jams[to] = m
		j.active.Store(int32(len(j.jams)))
	}
	h := cx.Host()
	if !m.pause.Running(h) { // or another task has just begun one
		m.pause.Begin(h)
	}
	if m.find(cx.Waker()) < 0 {
		m.line = append(m.line, inLine{waker: cx.Waker()})
	}
	m.wait(h, m.pause.Until())
	return true
}

// done says that a send is over: sent is false if it has failed or was given up. Any goroutine.
func (j *Jams) done(w core.Waker, to string, sent bool) {
	if j.active.Load() == 0 {
		return
	}
	j.mu.Lock()
	next := j.jams[to].leave(w, sent)
	j.mu.Unlock()
	if next != nil {
		next.Wake()
	}
}

// Unwait takes w out of the lines of all receivers. Any goroutine.
func (j *Jams) Unwait(w core.Waker) {
	if j.active.Load() == 0 {
		return
	}
	var next []core.Waker
	j.mu.Lock()
	for _, m := range j.jams {
		if n := m.leave(w, false); n != nil {
			next = append(next, n)
		}
	}
	j.mu.Unlock()
	wakeAll(next)
}

// WakeFirst wakes the first of each line, to look at a new deadline: it sets the alarm anew for all, or finds that the
// deadline is over and leaves, which wakes the next. Any goroutine.
func (j *Jams) WakeFirst() {
	if j.active.Load() == 0 {
		return
	}
	j.mu.Lock()
	var first []core.Waker
	for _, m := range j.jams {
		if len(m.line) > 0 {
			first = append(first, m.line[0].waker)
		}
	}
	j.mu.Unlock()
	wakeAll(first)
}

// Close is for when the socket is closed: all that are in line are woken, and find that.
func (j *Jams) Close() {
	j.mu.Lock()
	j.closed = true
	var all []core.Waker
	for _, m := range j.jams {
		all = m.wakers(all)
		m.alarm.Forget()
	}
	j.jams = nil
	j.active.Store(0)
	j.mu.Unlock()
	wakeAll(all)
}

// leave takes w out of the line. It returns the waker whose turn it is then. m may be nil.
func (m *jam) leave(w core.Waker, sent bool) (next core.Waker) {
	if m == nil {
		return nil
	}
	i := m.find(w)
	if i >= 0 {
		m.line = slices.Delete(m.line, i, i+1)
	}
	if sent {
		m.pause.End()
	}
	if len(m.line) == 0 {
		m.forget()
		return nil
	}
	if i == 0 || sent {
		return m.line[0].waker
	}
	return nil
}

// forget ends the jam.
func (m *jam) forget() {
	m.alarm.Forget()
	delete(m.jams.jams, m.to)
	m.jams.active.Store(int32(len(m.jams.jams)))
}

// wait sees to it that the line is woken at a time, or at the deadline for writing if that is earlier.
func (m *jam) wait(h core.Host, at time.Time) {
	if deadline := m.jams.f.deadline(reactor.Write); !deadline.IsZero() && deadline.Before(at) {
		at = deadline
	}
	if m.rings.IsZero() || at.Before(m.rings) {
		m.rings = at
		m.alarm.Set(h, at)
	}
}

// ring implements rings.
func (m *jam) ring(core.Host, bool) {
	j := m.jams
	j.mu.Lock()
	m.rings = time.Time{}
	if len(m.line) > 0 && m.line[0].rung {
		m.line = slices.Delete(m.line, 0, 1)
	}
	if len(m.line) == 0 && j.jams[m.to] == m {
		m.forget()
	}
	for i := range m.line {
		m.line[i].rung = true
	}
	all := m.wakers(nil)
	j.mu.Unlock()
	wakeAll(all)
}

func (m *jam) find(w core.Waker) int {
	return slices.IndexFunc(m.line, func(l inLine) bool { return l.waker == w })
}

func (m *jam) wakers(to []core.Waker) []core.Waker {
	for _, l := range m.line {
		to = append(to, l.waker)
	}
	return to
}

func wakeAll(wakers []core.Waker) {
	for _, w := range wakers {
		w.Wake()
	}
}

// A Receiver is what a send to a receiver waits on in direct style.
type Receiver struct {
	Jams *Jams
	To   string
}

// Await follows a [Send] with co's context that was Pending: it suspends the body of co. When it returns nil it is time
// for another try.
func (r Receiver) Await(co *coro.Co, _ reactor.Direction, _ Progress) (err error) {
	w := co.Context().Waker() // a body that is dropped is polled with the context of another task
	err = core.ErrCancelled   // what a body that never comes back from Suspend sees
	defer func() {
		if err != nil {
			r.Jams.done(w, r.To, false)
		}
	}()
	err = co.Suspend()
	return err
}
