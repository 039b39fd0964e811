package timer_test

import (
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core/timer"
)

// A deadline that is set and cancelled, as around most operations that have one.
func BenchmarkSetAndTakeBack(b *testing.B) {
	b.Run("timer", func(b *testing.B) {
		h := newHost(b)
		w, f := &waker{}, new(timer.Timer)
		b.ReportAllocs()
		for b.Loop() {
			f.Reset(time.Minute)
			poll(h, w, f)
			f.Drop()
		}
	})
	b.Run("twin=time.Timer", func(b *testing.B) {
		t := time.NewTimer(time.Minute)
		b.ReportAllocs()
		for b.Loop() {
			t.Reset(time.Minute)
			t.Stop()
		}
	})
}

// A tick of an interval: armed, fired and taken.
func BenchmarkTick(b *testing.B) {
	h := newHost(b)
	w, i := &waker{}, timer.NewInterval(time.Millisecond, timer.IntervalOptions{})
	b.ReportAllocs()
	for b.Loop() {
		poll(h, w, i)
		h.Advance(time.Millisecond)
		poll(h, w, i)
	}
}
