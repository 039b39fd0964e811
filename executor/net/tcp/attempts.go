package tcp

import (
	"slices"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/timer/wheel"
	"github.com/moduvex/moduvex-go/executor/net/internal/netfd"
	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
)

// attempts is the future that connects to one of several endpoints: the first to accept.
//
//	         poll           the last one failed, or its head start is over
//	nothing ──────→ first attempt ──────→ two attempts ──────→ ... ──→ the first to connect, or
//	                                                                   the error of the first to fail
//
// Each poll polls all attempts, with the waker of the task: there are few.
type attempts struct {
	dialer  *Dialer
	network string
	to      []sys.Endpoint // not yet tried
	timeout time.Duration  // 0 for none

	live  []*attempt
	first error // of the attempts that failed

	host     core.Host
	timer    wheel.Entry   // at the earlier one of next and deadline
	armed    time.Duration // the time that timer was armed for; one of:
	next     time.Duration // when the next attempt starts
	deadline time.Duration // of the whole; 0 for never
}

// Poll implements core.Future.
func (a *attempts) Poll(cx *core.Context) (core.Result[*Stream], bool) {
	if a.host == nil {
		a.start(cx)
	} else if a.deadline != 0 && cx.Now() >= a.deadline {
		at := a.live[0].to
		a.Drop()
		return core.Result[*Stream]{Err: a.dialer.failed(a.network, at, netfd.ErrDeadline)}, true
	}
	for {
		if s := a.pollLive(cx); s != nil {
			a.Drop() // the losers
			return core.Result[*Stream]{Value: s}, true
		}
		switch {
		case len(a.live) == 0 && len(a.to) == 0:
			a.Drop()
			return core.Result[*Stream]{Err: a.first}, true
		case len(a.to) != 0 && (len(a.live) == 0 || cx.Now() >= a.next):
			a.startNext(cx)
		default:
			a.arm(cx)
			return core.Result[*Stream]{}, false
		}
	}
}

// start begins the first poll.
func (a *attempts) start(cx *core.Context) {
	a.host = cx.Host()
	if a.timeout > 0 {
		a.deadline = saturated(cx.Now(), a.timeout)
	}
}

// startNext starts the next attempt.
func (a *attempts) startNext(cx *core.Context) {
	a.live = append(a.live, &attempt{dialer: a.dialer, to: a.to[0]})
	a.to = a.to[1:]
	switch delay := a.dialer.FallbackDelay; {
	case delay == 0:
		a.next = saturated(cx.Now(), defaultFallbackDelay)
	case delay < 0:
		a.next = never
	default:
		a.next = saturated(cx.Now(), delay)
	}
}

// pollLive polls the attempts under way, and returns the Stream of the first that has connected. After one that has
// failed, the next attempt is due at once.
func (a *attempts) pollLive(cx *core.Context) (won *Stream) {
	a.live = slices.DeleteFunc(a.live, func(t *attempt) bool {
		if won != nil {
			return false
		}
		s, ok, err := t.poll(cx)
		switch {
		case !ok:
			return false
		case err != nil:
			if a.first == nil {
				a.first = a.dialer.failed(a.network, t.to, err)
			}
			a.next = 0
			return true
		}
		won = s
		return true
	})
	return won
}

// arm sets the timer for the next attempt or the deadline.
func (a *attempts) arm(cx *core.Context) {
	at := never
	if len(a.to) != 0 {
		at = a.next
	}
	if a.deadline != 0 {
		at = min(at, a.deadline)
	}
	// The entry may be in the wheel of a worker that the task has left, and then belongs to that worker. So armed has
	// the time that it was armed for; once that has passed, it differs from at.
	if at == a.armed && cx.Waker() == a.timer.Waker {
		return
	}
	core.CheckReach(cx.Host(), a.host)
	a.host.Disarm(&a.timer)
	a.timer.Waker = cx.Waker() // of this poll, which may be of another task than the last one
	if a.armed = at; at != never {
		a.host.Arm(&a.timer, at)
	}
}

// Drop ends the attempts under way and closes their sockets.
func (a *attempts) Drop() {
	if a.host != nil {
		a.host.Disarm(&a.timer)
	}
	for _, t := range a.live {
		t.drop()
	}
	a.live = nil
}

const never = time.Duration(1<<63 - 1)

// saturated returns now+d, or never if that overflows.
func saturated(now, d time.Duration) time.Duration {
	if now > never-d {
		return never
	}
	return now + d
}
