package executor_test

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
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
		if strings.Count(text, ", aborted") != named || strings.Contains(text, "; and 2 more: ") != (n > named) {
			t.Errorf("its text for %d tasks: %s", n, text)
		}
		for _, g := range gates {
			g.droppedOnce(t)
		}
	}
}

// Tasks that were aborted and have ended in time are in the error of Shutdown, ten at most, and nothing says that they
// were dropped.
//
// Regression: the error was the cause of the context alone, and nothing told which tasks were cut off.
func TestShutdownNamesTheTasksThatItHasAborted(t *testing.T) {
	for _, n := range []int{1, executor.MaxUnfinished, executor.MaxUnfinished + 2} {
		rt := startRuntime(t, executor.Options{CleanupGrace: time.Hour})
		for i := range n {
			g := &gate{}
			executor.Spawn[int](executor.Named(rt, fmt.Sprint("idle ", i)), g)
			g.polled(t, 1)
		}
		err := receive(t, "Shutdown", shutdown(ended(errEnough), rt))
		var aborted *executor.AbortedError
		var dropped *executor.UnfinishedError
		if !errors.As(err, &aborted) || errors.As(err, &dropped) || aborted.Cause != errEnough {
			t.Fatalf("have %v", err)
		}
		named := min(n, executor.MaxUnfinished)
		if len(aborted.Tasks) != named || aborted.More != n-named || strings.Count(err.Error(), "): idle") != named {
			t.Errorf("of %d tasks %d are named and %d counted: %v", n, len(aborted.Tasks), aborted.More, err)
		}
		if !slices.IsSortedFunc(aborted.Tasks, func(a, b executor.TaskStatus) int { return cmp.Compare(a.ID, b.ID) }) {
			t.Errorf("not in the order of their numbers: %v", err)
		}
	}
}
