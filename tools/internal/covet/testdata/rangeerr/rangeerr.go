// Package rangeerr has loops over values and errors.
package rangeerr

import (
	"context"
	"iter"
	"time"

	"github.com/moduvex/moduvex-go/core/channel/mpsc"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/timer"
	"github.com/moduvex/moduvex-go/joinhandle"
)

func drops(co *coro.Co, r *coro.Results[int], set *joinhandle.JoinSet[int], rx *mpsc.Receiver[int], every *timer.Interval) (sum int) {
	for v := range r.All(co) { // want `the loop drops the errors of coro.Results.All: its last iteration may have one, and no value \(rangeerr\)`
		sum += v
	}
	for j, _ := range set.All(co) { // want `joinhandle.JoinSet.All`
		sum += j.Value
	}
	for range rx.All(co) { // want `mpsc.Receiver.All`
		sum++
	}
	for v := range rx.AllWait(context.Background()) { // want `mpsc.Receiver.AllWait`
		sum += v
		break
	}
	for range every.Ticks(co) { // want `timer.Interval.Ticks`
		sum++
	}
	return sum
}

// Misses.

func looks(co *coro.Co, r *coro.Results[int]) (sum int, err error) {
	for v, err := range r.All(co) {
		if err != nil {
			return sum, err
		}
		sum += v
	}
	for _, err = range r.All(co) {
	}
	return sum, err
}

func passesOver(co *coro.Co, r *coro.Results[int]) {
	for range r.All(co) {
	}
	for range r.All(co) {
		break
	}
	for _ = range r.All(co) {
		return
	}
}

func others(m map[int]error, seq iter.Seq2[int, error], d time.Duration) (sum int) {
	for k := range m {
		sum += k
	}
	for k := range seq {
		sum += k
	}
	for k := range foreign() {
		sum += k
	}
	return sum
}

func foreign() iter.Seq2[int, error] { return nil }
