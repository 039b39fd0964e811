package timer_test

import (
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core/timer"
)

// A deadline that is set and taken back, as around most operations that have one.
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
