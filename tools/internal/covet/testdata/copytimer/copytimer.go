// Package copytimer has copies of values that must not be copied, and moves.
package copytimer

import (
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/channel/mpsc"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/local"
	"github.com/moduvex/moduvex-go/core/timer"
	"github.com/moduvex/moduvex-go/executor"
)

type conn struct {
	idle  timer.Timer
	every [2]timer.Interval
}

func copies(cx *core.Context, c *conn, p *timer.Timer, key *local.Key[int]) {
	a := c.idle                 // want `copies a timer.Timer, which must not be copied: use a pointer \(copytimer\)`
	b := *p                     // want `copies a timer.Timer`
	k := *key                   // want `copies a local.Key`
	take(*p)                    // want `copies a timer.Timer`
	c = &conn{idle: b}          // a move of a timer that was not used yet: the mistake is above
	var d = conn{idle: *p}      // want `copies a timer.Timer`
	c.every[0] = c.every[1]     // want `copies a timer.Interval`
	for _, i := range c.every { // want `the loop copies values of type timer.Interval`
		i.Poll(cx)
	}
	_, _, _ = &a, &k, &d
}

func used(cx *core.Context) (a, b timer.Timer) {
	var t timer.Timer
	t.Poll(cx)
	a = t // want `copies a timer.Timer`
	var u timer.Timer
	keep(&u)
	return a, takeBack(u) // want `copies a timer.Timer`
}

func others(tx *mpsc.Sender[int], rx *mpsc.Receiver[int], utx *mpsc.UnboundedSender[int], r *coro.Results[int], c *coro.UseCheck) {
	a, b := *tx, *rx // want `mpsc.Sender` `mpsc.Receiver`
	d, e := *utx, *r // want `mpsc.UnboundedSender` `coro.Results`
	f := *c          // want `coro.UseCheck`
	_, _, _, _, _ = &a, &b, &d, &e, &f
}

func (c conn) Poll(cx *core.Context) (int, bool) { // want `each call of this Poll has its own copy of a timer.Timer, which must not be copied: use a pointer receiver`
	_, ok := c.idle.Poll(cx)
	return 0, ok
}

func take(timer.Timer)                   {}
func keep(*timer.Timer)                  {}
func takeBack(t timer.Timer) timer.Timer { return t }

// Misses.

type good struct{ t timer.Timer }

func (g *good) Poll(cx *core.Context) (struct{}, bool) { return g.t.Poll(cx) }

// held has a pointer to its timer.
type held struct{ t *timer.Timer }

func (h held) Poll(cx *core.Context) (struct{}, bool) { return h.t.Poll(cx) }

func moves(rt *executor.Runtime) *good {
	g := &good{t: *timer.Sleep(time.Second)}
	g.t = *timer.SleepUntil(time.Now())
	a := *timer.Sleep(time.Minute)
	b := a
	b.Reset(time.Hour)
	executor.SpawnValue[struct{}](rt, *timer.Sleep(time.Second))
	executor.SpawnValue[struct{}](rt, g.t)
	var zero timer.Timer
	g.t = zero
	p := &g.t
	q := p
	for i := range []timer.Timer{zero} {
		_ = i
	}
	_ = *q
	return g
}
