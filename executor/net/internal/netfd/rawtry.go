package netfd

import (
	"io"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/reactor"
)

// A rawState is what the tries of one raw operation tell each other.
type rawState struct {
	tried bool  // f was called: it is called again only if there was a report since
	ev    Event // that the last call would have blocked on
}

// rawOnce calls f once, on any goroutine.
func (f *FD) rawOnce(d reactor.Direction, s *rawState, call func(fd uintptr) bool) (done bool, err error) {
	ev, err := f.BeginOnce(d)
	if err != nil {
		return false, err
	}
	s.tried, s.ev = true, ev
	blocked := false // also if call panics
	defer func() { f.EndOnce(ev, d, blocked) }()
	done = call(uintptr(f.Sysfd()))
	if !done && f.hasEnded(d) {
		return false, io.EOF
	}
	blocked = !done
	return done, nil
}

// rawTry is a try of a raw operation. The first one calls the function in any case: what it does need not depend on
// what the reactor reports.
func (f *FD) rawTry(cx *core.Context, d reactor.Direction, s *rawState, call func(fd uintptr) bool) (Progress, error) {
	return f.rawTryWhile(cx, d, s, call, nil)
}

// rawTryWhile is rawTry, and calls the function once whatever the reactor reports while pauses, if not nil, are active.
func (f *FD) rawTryWhile(cx *core.Context, d reactor.Direction, s *rawState, call func(fd uintptr) bool, pauses *backoff) (p Progress, err error) {
	if err := f.Begin(cx, d); err != nil {
		return Done, err
	}
	p = Done // also if call panics
	defer func() { f.End(cx, d, p) }()
	if !cx.Spend() {
		return Pending, nil
	}
	for called := false; ; called = true {
		ok := true
		if s.tried {
			var ev Event
			ev, ok, err = f.Ready(cx, d, s.ev)
			blind := !called && pauses != nil && pauses.active.Load()
			switch {
			case err != nil:
				return Done, err
			case ok:
				s.ev = ev
			case !blind:
				cx.Refund()
				return Pending, nil
			}
		} else {
			s.tried, s.ev = true, f.cached(d)
		}
		if called && !cx.Spend() {
			return Pending, nil
		}
		if call(uintptr(f.Sysfd())) {
			return Done, nil
		}
		if f.hasEnded(d) {
			return Done, io.EOF
		}
		if pauses != nil {
			pauses.handOn(cx.Host())
		}
		if !ok { // the waker is registered
			cx.Refund()
			return Pending, nil
		}
		if !s.ev.Blocked(d) {
			cx.Refund()
			return Unregistered, nil
		}
	}
}

// rawTry is that of FD, for an accept by the caller's own system call. It follows the rules of passOn. It neither pauses
// nor takes connections that were taken back, so it tries during a pause, and hands on what wakes it then.
//
// It does not hold using, so that the function may close a.
func (a *Acceptor) rawTry(cx *core.Context, d reactor.Direction, s *rawState, call func(fd uintptr) bool) (p Progress, err error) {
	if d == reactor.Write {
		return a.FD.rawTry(cx, d, s, call)
	}
	if !a.Closed() && a.drain.Watch(cx.Worker()) {
		a.CloseDrained()
	}
	p = Done
	defer func() {
		if p == Done {
			a.dropWaiter(cx)
			a.passOn()
		}
		if a.Closed() {
			a.drain.Stop() // as in accept
		}
	}()
	p, err = a.rawTryWhile(cx, d, s, call, &a.backoff)
	return p, err
}

// handOn follows a raw accept that returned false, and wakes all waiters, once in each state of a pause and once for each time that
// there is none: the raw accept may have taken the one wake that a report or the end of a pause makes, and cannot do what
// its waiter owes. It is about to clear the readiness, too, although it may have found connections and no descriptor. So handOn
// leaves the state draining, in which accepts are tried without readiness; one that finds nothing ends it. Once suffices,
// since each accept that is woken follows passOn; and if raw accepts alone wait, they do not wake each other for ever.
//
// An accept that begins in between (1) registers its waker, (2) reads the state. handOn (1) writes the state, (2) wakes all. In
// either order the accept is tried.
func (b *backoff) handOn(h core.Host) {
	state, round := b.advance(h)
	b.mu.Lock()
	if state == idle && b.state == idle {
		b.state = draining
		b.round++
		b.active.Store(true)
		state, round = b.state, b.round
	}
	now := handed{state, round}
	first := b.handed != now
	b.handed = now
	b.mu.Unlock()
	if first {
		b.fd.wake(reactor.Read)
	}
}

// A handed is what the last handOn was for.
type handed struct {
	state backoffState
	round uint32
}
