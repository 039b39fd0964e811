package tcp

import (
	"slices"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/timer/wheel"
	"github.com/moduvex/moduvex-go/executor/net/internal/netfd"
	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
)

// attempts is the future that connects to the first of several endpoints that lets it.
//
//	         poll           the last one failed, or its head start is over
//	nothing ──────→ first attempt ──────→ two attempts ──────→ ... ──→ the first to connect, or
//	                                                                   the error of the first to fail
//
// The attempts are polled with the task's own waker, all of them in each poll: there are few.
type attempts struct {
	dialer  *Dialer
	network string
	to      []sys.Endpoint // not yet tried
	timeout time.Duration  // 0 for none

	live  []*attempt
	first error // of the attempts that failed

	host     core.Host
	timer    wheel.Entry   // at the next thing that is due
	armed    time.Duration // what timer was armed for; one of:
	next     time.Duration // when the next attempt starts
	deadline time.Duration // when all is over; 0 for never
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
			a.another(cx)
		default:
			a.arm(cx)
			return core.Result[*Stream]{}, false
		}
	}
}

// start is the beginning of the first poll.
func (a *attempts) start(cx *core.Context) {
	a.host = cx.Host()
	if a.timeout > 0 {
		a.deadline = saturated(cx.Now(), a.timeout)
	}
}

// another starts the attempt whose turn it is.
func (a *attempts) another(cx *core.Context) {
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

// pollLive polls what is under way, and returns the Stream of the first that has connected. One
// that has failed makes room for the next at once.
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

// arm has the task woken when the next thing is due.
func (a *attempts) arm(cx *core.Context) {
	at := never
	if len(a.to) != 0 {
		at = a.next
	}
	if a.deadline != 0 {
		at = min(at, a.deadline)
	}
	// The entry may be in the wheel of a worker that the task has left, and is that worker's then. What
	// it was armed for is remembered here; once that is past, it is not what at is any more.
	if at == a.armed && cx.Waker() == a.timer.Waker {
		return
	}
	core.CheckReach(cx.Host(), a.host)
	a.host.Disarm(&a.timer)
	a.timer.Waker = cx.Waker() // of this poll, which may be another task's than the last
	if a.armed = at; at != never {
		a.host.Arm(&a.timer, at)
	}
}

// Drop gives up what is under way and closes its sockets.
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

// saturated is now+d, or never if there is no such time.
func saturated(now, d time.Duration) time.Duration {
	if now > never-d {
		return never
	}
	return now + d
}
