package netfd

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/reactor"
)

// The pauses of a listener whose process has no descriptors left, as in net/http: the first is so short that nobody
// notices a moment's shortage, and the last so long that a lasting one costs nothing.
const (
	firstBackoff = 5 * time.Millisecond
	lastBackoff  = time.Second
)

// backoff keeps a listener from trying again and again what cannot succeed for now.
//
//	            out of descriptors
//	idle ──────────────────────────→ paused ←──────────┐
//	 ↑                                 │ the time is over │ out of descriptors, again: twice the pause
//	 │     nothing left to accept      ↓                 │
//	 └──────────────────────────────draining ────────────┘
//
// While it is paused, the readiness of the listener is cleared, so that everybody who wants to
// accept waits in the registration as usual; the alarm wakes one of them, which hands on. What is in the backlog by then
// will not be reported again, so in draining it is tried without readiness, until it is empty.
type backoff struct {
	active atomic.Bool // state != idle; the one look that a listener in good order takes

	mu     sync.Mutex
	state  backoffState
	round  uint32 // counts pauses, so that what ends one does not end a later one
	pause  Pause
	kept   []Accepted // accepted, and taken back
	untold error      // the cause of a shortage that is not in the log yet
	fd     *FD
	alarm  Alarm
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

// ring implements rings. The acceptor that is woken hands on; see Acceptor.handOn.
func (b *backoff) ring(_ core.Host, due bool) {
	if due {
		b.fd.wakeOne(reactor.Read)
	} else {
		b.fd.wake(reactor.Read)
	}
}

// look returns the state at this moment.
func (b *backoff) look(h core.Host) (state backoffState, round uint32) {
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

// wait sees to it that whoever has registered its waker is woken when the pause is over. It comes
// after the registering: the alarm may have gone off in between, and then goes off again.
func (b *backoff) wait(h core.Host) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.state != idle {
		b.alarm.Set(h, b.pause.Until())
	}
}

// keep puts c in front of the backlog. A pause follows.
func (b *backoff) keep(c Accepted) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.kept = append(b.kept, c)
}

// takeKept returns a connection that was kept, in a state in which it is time for it.
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

// forget is for the end: it returns what is left.
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
		b.untold = err // until there was nothing left to accept, other pauses are of the same shortage
	}
	b.pause.Begin(h)
	b.round++
	b.state = paused
	b.active.Store(true)
}

// news returns why a shortage has begun, once.
func (b *backoff) news() (err error) {
	if !b.active.Load() {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	err, b.untold = b.untold, nil
	return err
}

// accepted makes the next pause a short one.
func (b *backoff) accepted() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pause.Restart()
}

// drained ends a backoff whose state was seen as draining in round.
func (b *backoff) drained(round uint32) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.state == draining && b.round == round && len(b.kept) == 0 {
		b.state = idle
		b.active.Store(false)
	}
}
