package executor_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
)

// Tasks that are dropped after the grace are in the error of Shutdown, ten at most.
func TestShutdownNamesTheTasksThatItHasDropped(t *testing.T) {
	for _, n := range []int{1, executor.MaxUnfinished, executor.MaxUnfinished + 2} {
		rt := startRuntime(t, executor.Options{CleanupGrace: time.Millisecond})
		var gates []*gate
		for range n {
			g := &gate{}
			gates = append(gates, g)
			executor.Do(executor.Named(rt, "stubborn"), func(co *coro.Co) error {
				return coro.Shield(co, func(co *coro.Co) error {
					_, err := coro.Await[int](co, g) // for ever
					return err
				})
			})
			g.polled(t, 1)
		}
		err := receive(t, "Shutdown", shutdown(ended(errEnough), rt))
		var unfinished *executor.UnfinishedError
		if !errors.As(err, &unfinished) || !errors.Is(err, errEnough) {
			t.Fatalf("have %v", err)
		}
		named := min(n, executor.MaxUnfinished)
		if len(unfinished.Tasks) != named || unfinished.More != n-named {
			t.Errorf("of %d tasks %d are named and %d counted", n, len(unfinished.Tasks), unfinished.More)
		}
		text := err.Error()
		if strings.Count(text, "(stubborn): idle, aborted") != named || strings.Contains(text, "; and 2 more: ") != (n > named) {
			t.Errorf("its text for %d tasks: %s", n, text)
		}
		for _, g := range gates {
			g.droppedOnce(t)
		}
	}
}

func TestShutdownNamesNoTaskIfAllHaveCleanedUp(t *testing.T) {
	rt := startRuntime(t, executor.Options{CleanupGrace: time.Hour})
	g := &gate{}
	executor.Spawn[int](rt, g)
	g.polled(t, 1)
	if err := receive(t, "Shutdown", shutdown(ended(errEnough), rt)); err != errEnough {
		t.Errorf("have %v, want the cause alone", err)
	}
}
