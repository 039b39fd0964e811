package waitlist_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/internal/waitlist"
)

// A probe does at each poll what the test says.
type probe struct {
	polls, drops int
	poll         func(p *probe, cx *core.Context) (int, bool)
}

func (p *probe) Poll(cx *core.Context) (int, bool) { p.polls++; return p.poll(p, cx) }
func (p *probe) Drop()                             { p.drops++ }

func TestBlockReturnsTheAnswerAfterAWakeFromElsewhere(t *testing.T) {
	p := &probe{poll: func(p *probe, cx *core.Context) (int, bool) {
		if p.polls == 1 {
			go cx.Waker().Wake()
		}
		return 7, p.polls == 2
	}}
	if v, err := waitlist.Block[int](t.Context(), p); v != 7 || err != nil || p.drops != 0 {
		t.Errorf("have %d, %v, %d drops", v, err, p.drops)
	}
}

func TestBlockPollsAgainWhenTheBudgetIsSpent(t *testing.T) {
	p := &probe{poll: func(p *probe, cx *core.Context) (int, bool) {
		if p.polls == 1 {
			for cx.Spend() {
			}
			return 0, false
		}
		return 7, cx.Spend()
	}}
	if v, err := waitlist.Block[int](t.Context(), p); v != 7 || err != nil {
		t.Errorf("have %d, %v", v, err)
	}
}

func TestBlockGivesUpWithTheCauseOfItsContext(t *testing.T) {
	boom := errors.New("boom")
	ctx, cancel := context.WithCancelCause(t.Context())
	p := &probe{poll: func(*probe, *core.Context) (int, bool) { cancel(boom); return 1, false }}
	if v, err := waitlist.Block[int](ctx, p); v != 0 || err != boom || p.drops != 1 || p.polls != 2 {
		t.Errorf("have %d, %v, %d polls, %d drops", v, err, p.polls, p.drops)
	}
	p = &probe{}
	if _, err := waitlist.Block[int](ctx, p); err != boom || p.polls != 0 || p.drops != 1 {
		t.Errorf("done before: have %v, %d polls, %d drops", err, p.polls, p.drops)
	}
}

func TestAnAnswerBeatsASimultaneousCancellation(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	p := &probe{poll: func(p *probe, _ *core.Context) (int, bool) { cancel(); return 7, p.polls == 2 }}
	if v, err := waitlist.Block[int](ctx, p); v != 7 || err != nil || p.drops != 0 {
		t.Errorf("have %d, %v, %d drops", v, err, p.drops)
	}
}

func TestBlockDropsAFutureThatPanics(t *testing.T) {
	p := &probe{poll: func(*probe, *core.Context) (int, bool) { panic("boom") }}
	mustPanic(t, "boom", func() { waitlist.Block[int](t.Context(), p) })
	if p.drops != 1 {
		t.Errorf("%d drops, want 1", p.drops)
	}
}

func TestBlockHasNoWorker(t *testing.T) {
	const text = "waitlist: a future that needs a worker was polled by an ordinary goroutine"
	p := &probe{poll: func(_ *probe, cx *core.Context) (int, bool) { return int(cx.Host().Rand()), true }}
	mustPanic(t, text, func() { waitlist.Block[int](t.Context(), p) })
	p.poll = func(_ *probe, cx *core.Context) (int, bool) {
		if cx.Host().IO() != nil {
			t.Error("a plain goroutine has I/O")
		}
		cx.Host().WakeLater(cx.Waker())
		cx.Wake(cx.Waker())
		return 1, p.polls == 3
	}
	if v, err := waitlist.Block[int](t.Context(), p); v != 1 || err != nil {
		t.Errorf("have %d, %v", v, err)
	}
}

func TestTheTimeOfBlockIsTheSystems(t *testing.T) {
	before := time.Now()
	p := &probe{poll: func(_ *probe, cx *core.Context) (int, bool) {
		h := cx.Host()
		if at := h.Epoch().Add(cx.Now()); at.Before(before) || at.After(time.Now()) {
			t.Errorf("have %v, after %v", at, before)
		}
		return 1, true
	}}
	if _, err := waitlist.Block[int](t.Context(), p); err != nil {
		t.Error(err)
	}
}
