package executor_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
)

// Regression: a runtime that was made or waited for in a bubble hung without an error.
func TestABubbleOfSynctestIsRefused(t *testing.T) {
	outside := startRuntime(t, executor.Options{})
	body := func(*coro.Co) (int, error) { return 1, nil }
	ends(t, "the bubble", func() {
		synctest.Test(t, func(t *testing.T) {
			if rt, err := executor.New(modetest.Options(executor.Options{})); rt != nil || err != executor.ErrBubble {
				t.Errorf("New returned %v, %v", rt, err)
			}
			if _, err := executor.Run(t.Context(), modetest.Options(executor.Options{}), body); err != executor.ErrBubble {
				t.Errorf("Run returned %v", err)
			}
			g := &gate{}
			if _, err := executor.BlockOn[int](t.Context(), outside, g); err != executor.ErrBubble {
				t.Errorf("BlockOn returned %v", err)
			}
			g.droppedOnce(t)
			if err := outside.Shutdown(t.Context()); err != executor.ErrBubble {
				t.Errorf("Shutdown returned %v", err)
			}
			done := make(chan error)
			go func() {
				_, err := executor.New(modetest.Options(executor.Options{}))
				done <- err
			}()
			if err := <-done; err != executor.ErrBubble {
				t.Errorf("in another goroutine of the bubble New returned %v", err)
			}
		})
	})
	if v, err := executor.BlockOn(context.Background(), outside, future.Ready(7)); v != 7 || err != nil {
		t.Errorf("outside the bubble: have %d, %v", v, err)
	}
	alive(t, outside)
}
