package coro

import (
	"time"

	"github.com/moduvex/moduvex-go/core"
)

// Sleep suspends the body for d. If d is not positive, Sleep takes no time, but spends from the budget of the poll, so a
// loop around it does not starve other tasks. The error is that of the cancellation that ended the sleep. If the time is
// over when a cancellation ends the wait, Sleep returns nil. The first sleep of a coroutine allocates its timer, and later
// ones allocate nothing.
func Sleep(co *Co, d time.Duration) error {
	co.assertOwner()
	return sleepUntil(co, after(co.cx.Now(), d))
}

// SleepUntil is [Sleep] until t. If t is past, it does not wait. A t without a monotonic reading is converted at the
// call, by core.TimeOn: a later change of the wall clock does not move it.
func SleepUntil(co *Co, t time.Time) error {
	co.assertOwner()
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
	e := &co.coroutine.extra().timer // a body is in one sleep at a time
	e.Waker = co.task
	host.Arm(e, at)
	defer func() {
		host.Disarm(e)
		e.Waker = nil
	}()
	for {
		co.cx.Waits(core.WaitTime)
		co.suspend()
		if !co.dropping && at <= host.Now() {
			return nil
		}
		if err := co.Interrupted(); err != nil {
			return err
		}
	}
}
