package netfd

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/reactor"
)

// The pauses of a listener whose process has no descriptors left, as in net/http: the first is so short that clients do not
// notice a moment's shortage, and the last so long that a lasting one costs nothing.
const (
	firstBackoff = 5 * time.Millisecond
	lastBackoff  = time.Second
)

// backoff makes a listener pause while its accepts cannot succeed.
//
//	            out of descriptors
//	idle ──────────────────────────→ paused ←──────────┐
//	 ↑                                 │ the time is over │ out of descriptors, again: twice the pause
//	 │     nothing left to accept      ↓                 │
//	 └──────────────────────────────draining ────────────┘
//
// A raw accept that returned false leads from idle to draining, too: see handOn.
//
// While it is paused, the readiness of the listener is cleared, so that tasks that accept wait in the registration as
// usual. The alarm wakes one of them, which wakes the next one. The reactor does not report again what is in the
// backlog by then; so in draining, accepts are tried without readiness until the backlog is empty.
type backoff struct {
	active atomic.Bool // state != idle; all that an accept loads while it is false

	mu       sync.Mutex
	state    backoffState
	round    uint32 // counts pauses, so that what ends one does not end a later one
	pause    Pause
	kept     []Accepted // accepted, and taken back for want of memory
	unlogged error      // the cause of a shortage that is not logged yet
	handed   handed     // what the last handOn was for
	fd       *FD
	alarm    Alarm
}

type backoffState uint8

const (
	idle backoffState = iota
	paused
	draining
)

func (b *backoff) init(f *FD) {
	b.fd = f
	b.pause = Pause{First: firstBackoff, Last: lastBackoff}
	b.alarm.Init(b)
}

// ring implements alarmOwner. The acceptor that is woken wakes the next one; see Acceptor.passOn.
func (b *backoff) ring(_ core.Host, due bool) {
	if due {
		b.fd.wakeOne(reactor.Read)
	} else {
		b.fd.wake(reactor.Read)
	}
}

// advance returns the state, and first ends a pause that is over.
func (b *backoff) advance(h core.Host) (state backoffState, round uint32) {
	if !b.active.Load() {
		return idle, 0
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.state == paused && !b.pause.Running(h) {
		b.state = draining
	}
	return b.state, b.round
}

// wait sets the alarm for the end of the pause. The caller has registered its waker before: if the alarm rings in
// between, it rings once more.
func (b *backoff) wait(h core.Host) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.state != idle {
		b.alarm.Set(h, b.pause.Until())
	}
}

// keep keeps c to be returned before the connections of the backlog. A pause follows.
func (b *backoff) keep(c Accepted) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.kept = append(b.kept, c)
}

// takeKept takes out a connection that was kept, if the pause after it is over.
func (b *backoff) takeKept(state backoffState) (c Accepted, ok bool) {
	if state != draining {
		return c, false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.kept) == 0 {
		return c, false
	}
	c = b.kept[0]
	b.kept = append(b.kept[:0], b.kept[1:]...)
	return c, true
}

// forget turns the alarm off permanently, and returns the connections that are left, for the caller to close.
func (b *backoff) forget() (kept []Accepted) {
	b.alarm.Forget()
	b.mu.Lock()
	defer b.mu.Unlock()
	kept, b.kept = b.kept, nil
	return kept
}

// exhausted begins a pause because of err, unless another task has just begun one.
func (b *backoff) exhausted(h core.Host, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch b.state {
	case paused:
		return
	case idle:
		b.unlogged = err // pauses before the backlog is empty belong to the same shortage
	case draining:
		if b.pause.length == 0 { // a raw accept has begun it, and no pause
			b.unlogged = err
		}
	}
	b.pause.Begin(h)
	b.round++
	b.state = paused
	b.active.Store(true)
}

// takeUnlogged returns the cause of a shortage that is not logged yet, once.
func (b *backoff) takeUnlogged() (err error) {
	if !b.active.Load() {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	err, b.unlogged = b.unlogged, nil
	return err
}

// accepted makes the next pause a first one.
func (b *backoff) accepted() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pause.Restart()
}

// drained ends a backoff whose state the caller has read as draining in round: the backlog is empty.
func (b *backoff) drained(round uint32) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.state == draining && b.round == round && len(b.kept) == 0 {
		b.state = idle
		b.active.Store(false)
	}
}
