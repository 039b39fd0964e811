package gochan_test

import (
	"runtime"
	"testing"
	"weak"

	"github.com/moduvex/moduvex-go/compat/gochan"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
)

// Regression: a dedicated helper kept the wakers of its last round, and so the tasks that had received a value, with their
// outputs, until the next round.
func TestAHelperKeepsNoTaskThatHasReceived(t *testing.T) {
	eachKind(t, func(t *testing.T, rt *executor.Runtime) {
		ch := make(chan int)
		output := make(chan weak.Pointer[[1 << 10]int], 1)
		ended := make(chan struct{})
		executor.Go(rt, func(co *coro.Co) (*[1 << 10]int, error) {
			_, _, err := gochan.Recv(co, ch)
			large := new([1 << 10]int)
			output <- weak.Make(large)
			return large, err
		}).OnEnd(func() { close(ended) })
		untilWaiting(t, rt, 1)
		next := executor.Do(rt, func(co *coro.Co) error { _, _, err := gochan.Recv(co, ch); return err })
		untilWaiting(t, rt, 2)
		put(t, ch, 1)
		within(t, ended)
		p := <-output
		eventually(t, "the output of the task is garbage", func() bool { runtime.GC(); return p.Value() == nil })
		put(t, ch, 2)
		ok(t, next)
	})
}

// Regression: the map of a runtime's channels kept its room for as many as had ever been waited for at once.
func TestARuntimeKeepsNoRoomForChannels(t *testing.T) {
	if !modetest.First() {
		return
	}
	rt := startRuntime(t)
	for range 2 {
		const n = 200
		chans := make([]chan int, n)
		for i := range chans {
			chans[i] = make(chan int)
			executor.Do(rt, func(co *coro.Co) error { _, _, err := gochan.Recv(co, chans[i]); return err })
		}
		untilWaiting(t, rt, n)
		if room := gochan.Room(rt); room != n {
			t.Errorf("room for %d channels", room)
		}
		for _, ch := range chans {
			close(ch)
		}
		untilNoHelper(t, rt)
		if room := gochan.Room(rt); room != 0 {
			t.Errorf("at rest: room for %d channels", room)
		}
	}
}
