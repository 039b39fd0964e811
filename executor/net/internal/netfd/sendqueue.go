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

// SendQueues hold the sends of a socket whose receivers are full, where the system does not report when a receiver
// has room again. A datagram to a Unix socket that the sender is not connected to counts against the queue of the
// receiver, while the sender's own socket stays writable. So a send that finds no room waits for a pause, and tries
// again. Each receiver has a queue of its own, which delays the sends to that receiver only.
//
// A queue exists while sends to its receiver wait. It is ordered by arrival, and only its first send tries:
//
//	               no room                       the pause is over          tried, no room: twice the pause
//	no queue ─────────────────→ paused ─────────────────────→ open ─────────────────────────→ paused
//	   ↑                                                      │  ↑
//	   │ the queue is empty                           tried,  │  │ the queue is not empty: its first send is
//	   └───────────────────────────────────── sent or failed ─┴──┘ woken, and tries
//
// The alarm at the end of the pause wakes all sends of the queue; those behind the first one set it once more. A
// first send that has not tried by then was given up without Unwait, and leaves the queue. So however a send ends,
// those behind it go on.
//
// mu guards all queues of a socket. It is released before a waker is called. The lock of an alarm is taken under it.
type SendQueues struct {
	f      *FD
	active atomic.Int32 // how many queues there are; while it is 0, a send loads nothing else

	mu     sync.Mutex
	closed bool
	queues map[string]*sendQueue // by receiver
}

// A sendQueue is that of one receiver.
type sendQueue struct {
	all   *SendQueues
	to    string
	pause Pause
	sends []queuedSend
	alarm Alarm
	rings time.Time // when the alarm is set for; zero if it is not
}

type queuedSend struct {
	waker core.Waker
	rung  bool // the end of a pause has woken it, and it has not tried since
}

// The pauses: a receiver that is alive makes room within microseconds, so the first one is the shortest that the
// timer wheel has; a receiver that sleeps should not cost much, which bounds the last one from below.
const (
	firstSendPause = time.Millisecond
	lastSendPause  = 32 * time.Millisecond
)

// Init makes q the queues of f.
func (q *SendQueues) Init(f *FD) { q.f = f }

// Len returns how many receivers have no room. It is for tests.
func (q *SendQueues) Len() int { return int(q.active.Load()) }

// Queued returns how many sends to a receiver wait. It is for tests.
func (q *SendQueues) Queued(to string) int {
	q.mu.Lock()
	defer q.mu.Unlock()
	if m := q.queues[to]; m != nil {
		return len(m.sends)
	}
	return 0
}

// waits reports whether sends to a receiver wait. Any goroutine.
func (q *SendQueues) waits(to string) bool {
	if q.active.Load() == 0 {
		return false
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.queues[to] != nil
}

// admit reports whether a send to a receiver may be tried. If not, admit has put it into the queue, which wakes its
// waker when it should try again.
func (q *SendQueues) admit(cx *core.Context, to string) bool {
	if q.active.Load() == 0 {
		return true
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	m := q.queues[to]
	if m == nil {
		return true
	}
	h := cx.Host()
	i := m.index(cx.Waker())
	paused := m.pause.Running(h)
	if i >= 0 {
		m.sends[i].rung = false
	}
	if i == 0 && !paused {
		return true
	}
	if i < 0 {
		m.sends = append(m.sends, queuedSend{waker: cx.Waker()})
	}
	if paused {
		m.wakeAt(h, m.pause.Until())
	} else {
		m.wakeAt(h, after(h, m.pause.Length()))
	}
	return false
}

// pushFull puts a send whose receiver had no room into the queue, and begins a pause. It returns false if the socket
// is closed.
func (q *SendQueues) pushFull(cx *core.Context, to string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return false
	}
	m := q.queues[to]
	if m == nil {
		m = &sendQueue{all: q, to: to, pause: Pause{First: firstSendPause, Last: lastSendPause}}
		m.alarm.Init(m)
		if q.queues == nil {
			q.queues = map[string]*sendQueue{}
		}
		q.queues[to] = m
		q.active.Store(int32(len(q.queues)))
	}
	h := cx.Host()
	if !m.pause.Running(h) { // or another task has just begun one
		m.pause.Begin(h)
	}
	if m.index(cx.Waker()) < 0 {
		m.sends = append(m.sends, queuedSend{waker: cx.Waker()})
	}
	m.wakeAt(h, m.pause.Until())
	return true
}

// end takes a send out of the queue; sent is false if it has failed or was given up. Any goroutine.
func (q *SendQueues) end(w core.Waker, to string, sent bool) {
	if q.active.Load() == 0 {
		return
	}
	q.mu.Lock()
	next := q.queues[to].remove(w, sent)
	q.mu.Unlock()
	if next != nil {
		next.Wake()
	}
}

// Unwait takes w out of the queues of all receivers. Any goroutine.
func (q *SendQueues) Unwait(w core.Waker) {
	if q.active.Load() == 0 {
		return
	}
	var next []core.Waker
	q.mu.Lock()
	for _, m := range q.queues {
		if n := m.remove(w, false); n != nil {
			next = append(next, n)
		}
	}
	q.mu.Unlock()
	wakeAll(next)
}

// WakeFirst wakes the first send of each queue after the deadline has changed: it sets the alarm again for all, or
// finds that the deadline has passed and leaves, which wakes the next one. Any goroutine.
func (q *SendQueues) WakeFirst() {
	if q.active.Load() == 0 {
		return
	}
	q.mu.Lock()
	var first []core.Waker
	for _, m := range q.queues {
		if len(m.sends) > 0 {
			first = append(first, m.sends[0].waker)
		}
	}
	q.mu.Unlock()
	wakeAll(first)
}

// Close wakes all sends, which find that the socket is closed. It follows the close of the socket.
func (q *SendQueues) Close() {
	q.mu.Lock()
	q.closed = true
	var all []core.Waker
	for _, m := range q.queues {
		all = m.appendWakers(all)
		m.alarm.Forget()
	}
	q.queues = nil
	q.active.Store(0)
	q.mu.Unlock()
	wakeAll(all)
}

// remove takes the send of w out of the queue. It returns the waker of the send that should try next, if any. m may
// be nil.
func (m *sendQueue) remove(w core.Waker, sent bool) (next core.Waker) {
	if m == nil {
		return nil
	}
	i := m.index(w)
	if i >= 0 {
		m.sends = slices.Delete(m.sends, i, i+1)
	}
	if sent {
		m.pause.End()
	}
	if len(m.sends) == 0 {
		m.discard()
		return nil
	}
	if i == 0 || sent {
		return m.sends[0].waker
	}
	return nil
}

// discard ends the queue.
func (m *sendQueue) discard() {
	m.alarm.Forget()
	delete(m.all.queues, m.to)
	m.all.active.Store(int32(len(m.all.queues)))
}

// wakeAt sets the alarm for at, or for the deadline of writes if that is earlier, unless it is set for an earlier
// time.
func (m *sendQueue) wakeAt(h core.Host, at time.Time) {
	if deadline := m.all.f.deadline(reactor.Write); !deadline.IsZero() && deadline.Before(at) {
		at = deadline
	}
	if m.rings.IsZero() || at.Before(m.rings) {
		m.rings = at
		m.alarm.Set(h, at)
	}
}

// ring implements alarmOwner.
func (m *sendQueue) ring(core.Host, bool) {
	q := m.all
	q.mu.Lock()
	m.rings = time.Time{}
	if len(m.sends) > 0 && m.sends[0].rung {
		m.sends = slices.Delete(m.sends, 0, 1)
	}
	if len(m.sends) == 0 && q.queues[m.to] == m {
		m.discard()
	}
	for i := range m.sends {
		m.sends[i].rung = true
	}
	all := m.appendWakers(nil)
	q.mu.Unlock()
	wakeAll(all)
}

func (m *sendQueue) index(w core.Waker) int {
	return slices.IndexFunc(m.sends, func(s queuedSend) bool { return s.waker == w })
}

func (m *sendQueue) appendWakers(to []core.Waker) []core.Waker {
	for _, s := range m.sends {
		to = append(to, s.waker)
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
	Queues *SendQueues
	To     string
}

// Await follows a [Send] with co's context that was Pending: it suspends the body of co. When it returns nil, it is
// time for another try.
func (r Receiver) Await(co *coro.Co, _ reactor.Direction, _ Progress) (err error) {
	w := co.Context().Waker() // a body that is dropped is polled with the context of another task
	err = core.ErrCancelled   // the error if Suspend never returns
	defer func() {
		if err != nil {
			r.Queues.end(w, r.To, false)
		}
	}()
	err = co.Suspend()
	return err
}
