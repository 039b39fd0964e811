package wheel_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core/timer/wheel"
)

const live = 1_000_000

// lively is a wheel of a million entries that are due within an hour, and the
// order in which to touch them, at random so that the caches are of no help.
func lively() (w *wheel.Wheel, entries []wheel.Entry, rng *rand.Rand) {
	rng = rand.New(rand.NewPCG(1, 1))
	w = wheel.New(0)
	entries = make([]wheel.Entry, live)
	for i := range entries {
		w.Insert(&entries[i], within(rng, time.Hour))
	}
	return w, entries, rng
}

func within(rng *rand.Rand, d time.Duration) time.Duration {
	return time.Duration(rng.Int64N(int64(d)))
}

// BenchmarkInsert adds new entries, which are adjacent in memory.
func BenchmarkInsert(b *testing.B) {
	w, _, rng := lively()
	fresh := make([]wheel.Entry, 1<<16)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if i == len(fresh) {
			b.StopTimer()
			for j := range fresh {
				w.Remove(&fresh[j])
			}
			i = 0
			b.StartTimer()
		}
		w.Insert(&fresh[i], within(rng, time.Hour))
		i++
	}
}

// BenchmarkRemove removes entries at random, with their neighbours anywhere.
func BenchmarkRemove(b *testing.B) {
	w, entries, rng := lively()
	order := rng.Perm(live)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if i == live/2 {
			b.StopTimer()
			for _, j := range order[:i] {
				w.Insert(&entries[j], within(rng, time.Hour))
			}
			i = 0
			b.StartTimer()
		}
		w.Remove(&entries[order[i]])
		i++
	}
}

// BenchmarkReset moves entries at random.
func BenchmarkReset(b *testing.B) {
	w, entries, rng := lively()
	b.ReportAllocs()
	for b.Loop() {
		w.Reset(&entries[rng.IntN(live)], within(rng, time.Hour))
	}
}

// BenchmarkInsertRemove is a timeout that is cancelled.
func BenchmarkInsertRemove(b *testing.B) {
	w, _, _ := lively()
	e := new(wheel.Entry)
	b.ReportAllocs()
	for b.Loop() {
		w.Insert(e, 30*time.Second)
		w.Remove(e)
	}
}

// BenchmarkExpire fires an entry and arms it again an hour later, in a worker's
// loop, and so pays for all its cascades.
func BenchmarkExpire(b *testing.B) {
	w, _, _ := lively()
	b.ReportAllocs()
	now := time.Duration(0)
	for b.Loop() {
		e := w.Expire(now)
		for e == nil {
			now, _ = w.Next()
			e = w.Expire(now)
		}
		w.Insert(e, e.Deadline()+time.Hour)
	}
}

// BenchmarkExpireNothingDue is an iteration of a worker that has tasks but no due timer.
func BenchmarkExpireNothingDue(b *testing.B) {
	w, _, _ := lively()
	b.ReportAllocs()
	for b.Loop() {
		w.Expire(0)
	}
}

func BenchmarkNext(b *testing.B) {
	w, _, _ := lively()
	b.ReportAllocs()
	for b.Loop() {
		w.Next()
	}
}
