package executor_test

import (
	"bytes"
	"context"
	"regexp"
	"runtime/pprof"
	"strings"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
)

// labelsHere returns the labels of the calling goroutine, as the profile has them. No two goroutines call it
// at a time.
//
//go:noinline
func labelsHere() string {
	var profile bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&profile, 1); err != nil {
		return err.Error()
	}
	for _, record := range strings.Split(profile.String(), "\n\n") {
		if strings.Contains(record, "executor_test.labelsHere+") {
			_, labels, _ := strings.Cut(record, "# labels: ")
			labels, _, _ = strings.Cut(labels, "\n")
			return labels
		}
	}
	return "not found"
}

var (
	ofWorker = regexp.MustCompile(`^{"worker":"moduvex/\d+"}$`)
	ofPool   = regexp.MustCompile(`^{"worker":"moduvex/blocking"}$`)
)

// mark gives the goroutine a label of the test, and never takes it back.
func mark() {
	pprof.SetGoroutineLabels(pprof.WithLabels(context.Background(), pprof.Labels("request", "7")))
}

// marker is a future that does so.
type marker struct{}

func (marker) Poll(*core.Context) (int, bool) { mark(); return 0, true }

func TestLabelsOfABodyGoToNoOther(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	ask := func(co *coro.Co) (string, error) { return labelsHere(), nil }
	for name, before := range map[string]func(co *coro.Co) (int, error){
		"a value":    func(*coro.Co) (int, error) { mark(); return 0, nil },
		"a wait":     func(co *coro.Co) (int, error) { mark(); return 0, co.Yield() },
		"a panic":    func(*coro.Co) (int, error) { mark(); panic("boom") },
		"poll style": func(co *coro.Co) (int, error) { return executor.Spawn[int](co, marker{}).Join(co) },
		"its pool": func(co *coro.Co) (int, error) {
			mark()
			return executor.Blocking(co, func() (int, error) { mark(); return 0, nil })
		},
		"no mark": func(*coro.Co) (int, error) { return 0, nil },
	} {
		for i := range rt.Workers() {
			for range 3 {
				executor.Go(rt.On(i), before).Wait(context.Background())
			}
			if have := joinOK(t, executor.Go(rt.On(i), ask)); !ofWorker.MatchString(have) {
				t.Errorf("after %s: have %s", name, have)
			}
		}
		pool := joinOK(t, executor.SpawnBlocking(rt, func() (string, error) { return labelsHere(), nil }))
		if !ofPool.MatchString(pool) {
			t.Errorf("after %s: a blocking function has %s", name, pool)
		}
	}
}

func TestAChildDoesNotInheritTheLabelsOfItsSpawner(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	child := joinOK(t, executor.Go(rt, func(co *coro.Co) (labels string, err error) {
		pprof.Do(context.Background(), pprof.Labels("request", "7"), func(context.Context) {
			if own := labelsHere(); !strings.Contains(own, "request") {
				t.Errorf("the body itself has %s", own)
			}
			h := executor.Go(co, func(*coro.Co) (string, error) { return labelsHere(), nil })
			labels, err = h.Join(co)
		})
		return labels, err
	}))
	if !ofWorker.MatchString(child) {
		t.Errorf("the child has %s", child)
	}
}
