package executor_test

import (
	"context"
	"flag"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
)

// A goroutine beside the runtime stops what it does when the drain begins.
func ExampleRuntime_Draining() {
	rt, err := executor.New(executor.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	stopped := make(chan struct{})
	go func() {
		<-rt.Draining()
		fmt.Println("the producer stops")
		close(stopped)
	}()
	fmt.Println(rt.Close())
	<-stopped
	// Unordered output:
	// <nil>
	// the producer stops
}

// A task finishes the part that it is at when the drain begins.
func ExampleIsDraining() {
	rt, err := executor.New(executor.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	h := executor.Go(rt, func(co *coro.Co) (string, error) {
		for !executor.IsDraining(co) {
			if err := co.Yield(); err != nil { // a part of the work
				return "aborted", err
			}
		}
		return "finished", nil
	})
	fmt.Println(rt.Shutdown(context.Background()))
	fmt.Println(h.Wait(context.Background()))
	// Output:
	// <nil>
	// finished <nil>
}

// A goroutine uses the Co of a body that runs.
func ExampleOptions_checkUses() {
	opts := executor.Options{CheckUses: true}
	executor.Run(context.Background(), opts, func(co *coro.Co) (int, error) {
		done := make(chan struct{})
		go func() {
			defer close(done)
			defer func() { fmt.Println("found:", recover() != nil) }()
			co.Yield()
		}()
		<-done
		return 0, nil
	})
	// Output: found: true
}

// The clock of a bubble would stand still, so a test of tasks uses package coretest.
func ExampleErrBubble() {
	inBubble(func() {
		_, err := executor.New(executor.Options{})
		fmt.Println(err == executor.ErrBubble)
	})
	// Output: true
}

// inBubble calls f in a bubble of synctest, in a test that go test does not print.
func inBubble(f func()) {
	verbose := flag.Lookup("test.v").Value
	before := verbose.String()
	verbose.Set("false")
	defer verbose.Set(before)
	all := func(pattern, name string) (bool, error) { return true, nil }
	testing.RunTests(all, []testing.InternalTest{{Name: "TestX", F: func(t *testing.T) {
		synctest.Test(t, func(*testing.T) { f() })
	}}})
}
