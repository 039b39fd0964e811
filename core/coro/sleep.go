package coro

import (
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/timer/wheel"
)

// Sleep suspends the body for d. A d that is not positive takes no time, but counts against the
// budget of the poll, so that a loop around it starves nobody. The error is that of the
// cancellation that ended the sleep; a sleep that is over when a cancellation ends the wait has
// succeeded. A coroutine's first sleep allocates its timer, later ones allocate nothing.
func Sleep(co *Co, d time.Duration) error {
	co.own()
	return sleepUntil(co, after(co.cx.Now(), d))
}

// SleepUntil is Sleep up to an instant. It does not wait for one that is past. A t without a monotonic
// reading is converted at the call, by core.TimeOn: the wall clock may be set later, and nothing moves.
func SleepUntil(co *Co, t time.Time) error {
	co.own()
	return sleepUntil(co, core.TimeOn(co.cx.Host(), t))
}

func sleepUntil(co *Co, at time.Duration) error {
	if err := co.Interrupted(); err != nil {
		return err
	}
	host := co.cx.Host()
	if at <= host.Now() {
		co.spend()
		return nil
	}
	e := co.coroutine.timer // a body is in one sleep at a time
	if e == nil {
		e = new(wheel.Entry)
		co.coroutine.timer = e
	}
	e.Waker = co.task
	host.Arm(e, at)
	defer func() {
		host.Disarm(e)
		e.Waker = nil
	}()
	for {
		co.cx.Waits(core.WaitTime)
		co.park()
		if !co.dropping && at <= host.Now() {
			return nil
		}
		if err := co.Interrupted(); err != nil {
			return err
		}
	}
}
