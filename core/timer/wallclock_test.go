package timer_test

import (
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/timer"
	"github.com/moduvex/moduvex-go/core/timer/wheel"
)

// A systemHost claims the system's clock by its epoch, but has its own Now: Advance sets the wall
// clock back, relative to it.
type systemHost struct {
	*coretest.Host
	epoch time.Time
	armed time.Duration // what Arm was called with last
}

func (h *systemHost) Epoch() time.Time { return h.epoch }

func (h *systemHost) Arm(e *wheel.Entry, at time.Duration) {
	h.armed = at
	h.Host.Arm(e, at)
}

func newSystemHost(t testing.TB) (*systemHost, *core.Context) {
	h := &systemHost{Host: newHost(t), epoch: time.Now()}
	cx := core.NewContext(h)
	cx.ForHost().Begin(&waker{})
	return h, cx
}

// near reports whether have is want, less the time that a test takes.
func near(have, want time.Duration) bool { return have <= want && have > want-time.Hour }

// Regression: deadlines followed the wall clock.
func TestATimerIsConvertedWhenItIsArmed(t *testing.T) {
	h, cx := newSystemHost(t)
	h.Advance(100 * time.Hour)
	s := timer.SleepUntil(time.Now().Add(10 * time.Hour).Round(0))
	s.Poll(cx)
	if !near(h.armed, 110*time.Hour) {
		t.Errorf("armed for %v, want 110h", h.armed)
	}
	was := h.armed
	h.Advance(5 * time.Hour) // the wall clock is set while it is armed
	s.Poll(cx)
	if h.armed != was {
		t.Errorf("a second poll moved it from %v to %v", was, h.armed)
	}
	s.ResetUntil(time.Now().Add(10 * time.Hour).Round(0))
	if !near(h.armed, 115*time.Hour) {
		t.Errorf("after ResetUntil: armed for %v, want 115h", h.armed)
	}
	s.Drop()
}

func TestAnIntervalKeepsItsStartWhenTheWallClockIsSet(t *testing.T) {
	h, cx := newSystemHost(t)
	h.Advance(100 * time.Hour)
	i := timer.NewInterval(time.Hour, timer.IntervalOptions{Start: time.Now().Add(10 * time.Hour).Round(0)})
	i.Poll(cx)
	was := h.armed
	if !near(was, 110*time.Hour) {
		t.Errorf("armed for %v, want 110h", was)
	}
	i.Drop()
	h.Advance(5 * time.Hour)
	h.armed = 0
	i.Poll(cx)
	if h.armed != was {
		t.Errorf("armed for %v after a Drop, want %v still", h.armed, was)
	}
	i.Drop()
}
