package executor_test

import (
	"bytes"
	"context"
	"fmt"
	"runtime/pprof"
	"strings"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
)

// Under Options.Profile, profiles tell the tasks apart: "go tool pprof -tagfocus task=query" shows what one of them does.
func ExampleWithLabels() {
	rt, err := executor.New(executor.Options{Workers: 1, Name: "db", Profile: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rt.Close()
	_, err = executor.Do(executor.Named(rt, "query"), func(co *coro.Co) error {
		return executor.WithLabels(co, pprof.Labels("user", "7"), func(co *coro.Co) error {
			var profile bytes.Buffer
			if err := pprof.Lookup("goroutine").WriteTo(&profile, 1); err != nil {
				return err
			}
			for line := range strings.Lines(profile.String()) {
				if strings.Contains(line, "query") {
					fmt.Print(line)
				}
			}
			return nil
		})
	}).Wait(context.Background())
	if err != nil {
		fmt.Println(err)
	}
	// Output: # labels: {"task":"query", "user":"7", "worker":"db/0"}
}
