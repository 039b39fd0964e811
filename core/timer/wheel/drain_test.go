package wheel_test

import (
	"math"
	"runtime"
	"slices"
	"testing"
	"time"
	"weak"

	"github.com/moduvex/moduvex-go/core/timer/wheel"
)

func TestEntryRemovedFromInsideADrainDoesNotFire(t *testing.T) {
	w := wheel.New(0)
	// Of the same tick, of a later tick, and of one that a cascade brings.
	entries := arm(w, 5*ms, 5*ms, 5*ms, 6*ms, 400*ms, 401*ms)
	if e := w.Expire(time.Second); e != entries[0] {
		t.Fatalf("the first is %v", e)
	}
	for _, i := range []int{1, 3, 4} {
		if !w.Remove(entries[i]) {
			t.Fatalf("entry %d is not armed", i)
		}
		check(t, w)
	}
	wantFired(t, w, time.Second, 5*ms, 401*ms)
}

func TestEntryResetFromInsideADrain(t *testing.T) {
	w := wheel.New(0)
	entries := arm(w, 5*ms, 5*ms, 5*ms)
	w.Expire(10 * ms)
	w.Reset(entries[1], 20*ms) // due, and put off
	w.Reset(entries[0], 11*ms) // fired, and armed again
	wantFired(t, w, 10*ms, 5*ms)
	wantFired(t, w, 20*ms, 11*ms, 20*ms)
}

func TestWhatIsArmedInsideADrainFiresInALaterTick(t *testing.T) {
	w := wheel.New(0)
	arm(w, 5*ms, 900*ms)
	now := time.Second
	e := w.Expire(now)
	// Past; between the tick being fired and now; now itself; just later.
	arm(w, 0, 6*ms, 500*ms, now, now+1)
	check(t, w)
	w.Reset(e, -1)
	wantFired(t, w, now, 900*ms)
	wantNext(t, w, now+ms)
	wantFired(t, w, now+ms-1)
	wantFired(t, w, now+ms, 0, 6*ms, 500*ms, now, now+1, -1)
}

// After the drain the same deadlines are merely past.
func TestWhatIsArmedAfterADrainFiresAtTheSameNow(t *testing.T) {
	w := wheel.New(0)
	arm(w, 5*ms)
	wantFired(t, w, 10*ms, 5*ms)
	arm(w, 7*ms, 10*ms)
	wantNext(t, w, 10*ms)
	wantFired(t, w, 10*ms, 7*ms, 10*ms)
}

func TestTimerThatRearmsItselfWithoutDelayDoesNotHoldUpTheDrain(t *testing.T) {
	for _, jump := range []time.Duration{ms, 63 * ms, 64 * ms, time.Hour, wheel.Span, math.MaxInt64 / 2 / ms * ms} {
		w := wheel.New(0)
		arm(w, 1, jump/2, jump)
		now := jump
		for range 10 {
			fired := 0
			for e := w.Expire(now); e != nil; e = w.Expire(now) {
				if fired++; fired > 3 {
					t.Fatalf("jump of %v: a timer fired twice in one drain", jump)
				}
				w.Insert(e, e.Deadline())
			}
			if fired != 3 {
				t.Fatalf("jump of %v: %d timers fired of 3", jump, fired)
			}
			check(t, w)
			now += ms
		}
	}
}

func TestDrainThatIsBrokenOffGoesOn(t *testing.T) {
	w := wheel.New(0)
	arm(w, 1*ms, 2*ms, 300*ms)
	w.Expire(250 * ms)
	check(t, w)
	wantNext(t, w, 2*ms)
	arm(w, 1) // still inside the drain
	wantFired(t, w, 400*ms, 2*ms, 1, 300*ms)
}

func TestFiredEntryMayRearmAPeriodWithoutDrift(t *testing.T) {
	const period = 7*ms + 300*time.Microsecond
	w := wheel.New(0)
	e := arm(w, period)[0]
	var got, want []time.Duration
	for now := time.Duration(0); now < time.Second; now += ms {
		for f := w.Expire(now); f != nil; f = w.Expire(now) {
			got = append(got, f.Deadline())
			w.Reset(e, f.Deadline()+period)
		}
	}
	for d := period; d <= 999*ms; d += period {
		want = append(want, d)
	}
	if !slices.Equal(got, want) {
		t.Fatalf("fired %v, want %v", got, want)
	}
}

// A drain may stop for long at any entry. Regression: the wheel kept using an entry that belonged to its owner
// again.
func TestEntryThatHasFiredIsNotKept(t *testing.T) {
	type owner struct {
		wheel.Entry
		_ [1 << 16]byte
	}
	for _, n := range []int{1, 2, 3, 61} {
		w := wheel.New(0)
		var owners []weak.Pointer[owner]
		for range n {
			o := new(owner)
			w.Insert(&o.Entry, 5*ms)
			owners = append(owners, weak.Make(o))
		}
		for range n {
			if w.Expire(5*ms) == nil {
				t.Fatal("the drain ended too soon")
			}
			check(t, w)
		}
		runtime.GC()
		for i, o := range owners {
			if o.Value() != nil {
				t.Errorf("of %d entries, number %d is kept", n, i)
			}
		}
		runtime.KeepAlive(w)
	}
}
