package wheel_test

import (
	"math"
	"math/bits"
	"slices"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/moduvex/moduvex-go/core/timer/wheel"
)

const ms = time.Millisecond

// check fails the test if the wheel's own laws do not hold.
func check(t *testing.T, w *wheel.Wheel) {
	t.Helper()
	if err := w.Check(); err != nil {
		t.Fatal(err)
	}
}

// drain returns the deadlines of what fires at now, in order.
func drain(t *testing.T, w *wheel.Wheel, now time.Duration) []time.Duration {
	t.Helper()
	var fired []time.Duration
	for e := w.Expire(now); e != nil; e = w.Expire(now) {
		if e.Armed() {
			t.Fatalf("entry of %v is returned armed", e.Deadline())
		}
		check(t, w)
		fired = append(fired, e.Deadline())
	}
	check(t, w)
	return fired
}

func wantFired(t *testing.T, w *wheel.Wheel, now time.Duration, want ...time.Duration) {
	t.Helper()
	if got := drain(t, w, now); !slices.Equal(got, want) {
		t.Fatalf("fired at %v: %v, want %v", now, got, want)
	}
}

func wantNext(t *testing.T, w *wheel.Wheel, want time.Duration) {
	t.Helper()
	if got, ok := w.Next(); !ok || got != want {
		t.Fatalf("Next is %v, %t, want %v", got, ok, want)
	}
}

func arm(w *wheel.Wheel, deadlines ...time.Duration) []*wheel.Entry {
	entries := make([]*wheel.Entry, len(deadlines))
	for i, d := range deadlines {
		entries[i] = new(wheel.Entry)
		w.Insert(entries[i], d)
	}
	return entries
}

func wantPanic(t *testing.T, text string, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if got, _ := recover().(string); !strings.Contains(got, text) {
			t.Fatalf("panic is %q, want one that says %q", got, text)
		}
	}()
	f()
}

func TestEmptyWheelHasNothingToDo(t *testing.T) {
	w := wheel.New(5 * ms)
	if at, ok := w.Next(); ok {
		t.Fatalf("Next is %v", at)
	}
	wantFired(t, w, 0)
	wantFired(t, w, math.MaxInt64)
	if w.Len() != 0 {
		t.Fatalf("Len is %d", w.Len())
	}
}

func TestEntryIsIdleArmedAndIdleAgain(t *testing.T) {
	w := wheel.New(0)
	var e wheel.Entry
	if e.Armed() || w.Remove(&e) || e.Deadline() != 0 {
		t.Fatal("the zero entry is not idle")
	}
	const deadline = 7*ms + 1
	w.Insert(&e, deadline)
	if !e.Armed() || e.Deadline() != deadline || w.Len() != 1 {
		t.Fatalf("after Insert: armed %t, deadline %v, Len %d", e.Armed(), e.Deadline(), w.Len())
	}
	if !w.Remove(&e) || w.Remove(&e) || e.Armed() || w.Len() != 0 {
		t.Fatal("Remove does not disarm once")
	}
	check(t, w)
	w.Insert(&e, deadline)
	wantFired(t, w, 8*ms, deadline)
	if w.Remove(&e) || w.Len() != 0 {
		t.Fatal("a fired entry is still armed")
	}
	w.Insert(&e, 9*ms)
	wantFired(t, w, 9*ms, 9*ms)
}

func TestFiringAndRemovingLeaveTheWakerAlone(t *testing.T) {
	w := wheel.New(0)
	woken := 0
	e := &wheel.Entry{Waker: wakerFunc(func() { woken++ })}
	w.Insert(e, ms)
	w.Remove(e)
	w.Insert(e, ms)
	w.Expire(ms).Waker.Wake()
	if woken != 1 {
		t.Fatalf("woken %d times", woken)
	}
}

func TestPastDeadlineFiresAtTheNextExpire(t *testing.T) {
	w := wheel.New(100 * ms)
	for _, d := range []time.Duration{100 * ms, 99 * ms, 1, 0, -1, math.MinInt64} {
		arm(w, d)
		check(t, w)
		wantNext(t, w, 100*ms)
		wantFired(t, w, 100*ms, d)
	}
}

// Regression: deadlines were cut to whole milliseconds, and fired early.
func TestSubMillisecondDeadlineIsRoundedUpNeverDown(t *testing.T) {
	for _, d := range []time.Duration{1, 999, 500 * time.Microsecond, ms - 1, ms, ms + 1, 64*ms - 1, 64*ms + 1} {
		w := wheel.New(0)
		arm(w, d)
		up := (d + ms - 1) / ms * ms
		wantNext(t, w, up)
		wantFired(t, w, d-1)
		if d != up {
			wantFired(t, w, d) // the tick has not elapsed
		}
		wantFired(t, w, up-1)
		wantFired(t, w, up, d)
	}
}

func TestClockIsRoundedDown(t *testing.T) {
	w := wheel.New(10*ms + 999*time.Microsecond)
	arm(w, 10*ms+1, 11*ms, 11*ms+1)
	wantFired(t, w, 11*ms-1)
	wantFired(t, w, 12*ms-1, 10*ms+1, 11*ms)
	wantFired(t, w, 12*ms, 11*ms+1)
}

func TestTimeDoesNotGoBack(t *testing.T) {
	w := wheel.New(50 * ms)
	arm(w, 60*ms, 70*ms)
	wantFired(t, w, 65*ms, 60*ms)
	wantFired(t, w, 10*ms)
	wantFired(t, w, -1)
	arm(w, 62*ms) // past, whatever time was told since
	wantNext(t, w, 65*ms)
	wantFired(t, w, 0, 62*ms)
	wantFired(t, w, 70*ms, 70*ms)
}

func TestTimeBeforeTheEpochCountsAsTheEpoch(t *testing.T) {
	w := wheel.New(math.MinInt64)
	arm(w, ms)
	wantFired(t, w, math.MinInt64)
	wantFired(t, w, -ms)
	wantFired(t, w, ms, ms)
}

func TestTicksFireInOrderAndOneTickInOrderOfArming(t *testing.T) {
	w := wheel.New(0)
	arm(w, 3*ms, 200*ms, 200*ms-1, 2*ms+5, 2*ms+1, time.Hour, 199*ms, 200*ms-7)
	wantFired(t, w, 150*ms, 3*ms, 2*ms+5, 2*ms+1)
	arm(w, 200*ms-3)
	wantFired(t, w, time.Hour, 199*ms, 200*ms, 200*ms-1, 200*ms-7, 200*ms-3, time.Hour)
}

func TestArmedEntryCannotBeInserted(t *testing.T) {
	w := wheel.New(0)
	e := arm(w, ms)[0]
	wantPanic(t, "already armed", func() { w.Insert(e, 2*ms) })
	wantPanic(t, "already armed", func() { wheel.New(0).Insert(e, 2*ms) })
	check(t, w)
	wantFired(t, w, ms, ms)
}

// An entry is only ever found through its own links, so no wheel can cancel
// what another one holds.
//
// Regression: a timer that was dropped on another worker cancelled another one.
func TestEntryOfAnotherWheelIsRefused(t *testing.T) {
	mine, other := wheel.New(0), wheel.New(0)
	e := arm(mine, 5*ms)[0]
	arm(other, 5*ms)
	wantPanic(t, "another wheel", func() { other.Remove(e) })
	wantPanic(t, "another wheel", func() { other.Reset(e, ms) })
	wantFired(t, mine, 5*ms, 5*ms)
	wantFired(t, other, 5*ms, 5*ms)
}

func TestCopyOfAnArmedEntryIsDetected(t *testing.T) {
	w := wheel.New(0)
	entries := arm(w, 5*ms, 5*ms)
	moved := *entries[0]
	wantPanic(t, "copied", func() { w.Remove(&moved) })
	check(t, w)
	wantFired(t, w, 5*ms, 5*ms, 5*ms)
	wantPanic(t, "copied", func() { w.Remove(&moved) })
}

func TestResetEarlierLaterAndWhenIdle(t *testing.T) {
	w := wheel.New(0)
	e := new(wheel.Entry)
	w.Reset(e, 500*ms) // idle: arms
	arm(w, 300*ms)
	w.Reset(e, 5*ms)
	check(t, w)
	wantNext(t, w, 5*ms)
	w.Reset(e, time.Hour)
	check(t, w)
	wantFired(t, w, 300*ms, 300*ms)
	wantFired(t, w, time.Hour-1)
	wantFired(t, w, time.Hour, time.Hour)
	w.Reset(e, time.Hour+ms) // fired: arms
	w.Reset(e, time.Hour+ms) // the same again
	if w.Len() != 1 {
		t.Fatalf("Len is %d", w.Len())
	}
	w.Reset(e, 0)
	wantFired(t, w, time.Hour, 0)
}

func TestEntryIsAtMost56Bytes(t *testing.T) {
	limit := uintptr(56)
	if bits.UintSize == 32 {
		limit = 40
	}
	if size := unsafe.Sizeof(wheel.Entry{}); size > limit {
		t.Fatalf("an Entry has %d bytes", size)
	}
}

type wakerFunc func()

func (f wakerFunc) Wake() { f() }
