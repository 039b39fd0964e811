package core_test

import (
	"math"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
)

// A drifted host is one whose wall clock was set back by what Advance adds: its epoch has a monotonic
// reading of this instant, and its Now is that much later.
type drifted struct {
	*coretest.Host
	epoch time.Time
}

func (d drifted) Epoch() time.Time { return d.epoch }

func newDrifted(t testing.TB, by time.Duration) drifted {
	h := coretest.New(1)
	t.Cleanup(h.Close)
	h.Advance(by)
	return drifted{h, time.Now()}
}

func TestTimeOnAHostWhoseWallClockWasSet(t *testing.T) {
	const drift, ahead = 100 * time.Hour, 10 * time.Hour
	h := newDrifted(t, drift)
	for name, at := range map[string]time.Time{
		"Round(0)": time.Now().Add(ahead).Round(0),
		"Unix":     time.Unix(0, time.Now().Add(ahead).UnixNano()),
		"UTC":      time.Now().Add(ahead).Round(0).UTC(),
	} {
		if have := core.TimeOn(h, at) - drift; have > ahead || have < ahead-time.Hour {
			t.Errorf("%s: %v ahead, want %v", name, have, ahead)
		}
	}
	at := h.epoch.Add(ahead)
	if have := core.TimeOn(h, at); have != ahead {
		t.Errorf("by the monotonic clock: have %v, want %v", have, ahead)
	}
}

func TestTimeOnAHostWithAClockOfItsOwn(t *testing.T) {
	h := coretest.New(1)
	t.Cleanup(h.Close)
	h.Advance(time.Hour)
	if have := core.TimeOn(h, h.Epoch().Add(2*time.Hour)); have != 2*time.Hour {
		t.Errorf("have %v, want 2h", have)
	}
}

func TestTimeOnSaturates(t *testing.T) {
	h := newDrifted(t, time.Hour)
	if have := core.TimeOn(h, time.Date(5000, 1, 1, 0, 0, 0, 0, time.UTC)); have != math.MaxInt64 {
		t.Errorf("the far future: have %v", have)
	}
	if have := core.TimeOn(h, time.Date(2, 1, 1, 0, 0, 0, 0, time.UTC)); have >= 0 {
		t.Errorf("the far past: have %v", have)
	}
	h.Advance(-2 * time.Hour) // the clock is before its epoch
	if have := core.TimeOn(h, time.Time{}); have != math.MinInt64 {
		t.Errorf("the zero Time: have %v", have)
	}
}

func TestMonotonic(t *testing.T) {
	now := time.Now()
	if have := core.Monotonic(now); have != now {
		t.Errorf("an instant with a monotonic reading became %v, was %v", have, now)
	}
	if have := core.Monotonic(time.Time{}); !have.IsZero() {
		t.Errorf("the zero Time became %v", have)
	}
	wall := now.Add(time.Hour).Round(0)
	have := core.Monotonic(wall)
	if have == have.Round(0) {
		t.Error("no monotonic reading")
	}
	if d := have.Sub(wall); d.Abs() > time.Minute {
		t.Errorf("the instant moved by %v", d)
	}
	for _, year := range []int{2, 1970, 5000} {
		at := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)
		if have := core.Monotonic(at); have.Before(now) != at.Before(now) {
			t.Errorf("%v became %v", at, have)
		}
	}
}
