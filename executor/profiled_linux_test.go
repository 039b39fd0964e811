package executor_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/pprof"
	"runtime/trace"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// goTool runs a command of the go tool and returns what it prints.
func goTool(t *testing.T, args ...string) string {
	t.Helper()
	path, err := exec.LookPath("go")
	if err != nil {
		unable(t, "the go tool is not here: %v", err)
	}
	var out, errors bytes.Buffer
	cmd := exec.Command(path, append([]string{"tool"}, args...)...)
	cmd.Stdout, cmd.Stderr = &out, &errors
	if err := cmd.Run(); err != nil {
		t.Fatalf("go tool %v: %v: %s", args, err, errors.String())
	}
	return out.String()
}

// burn computes for some milliseconds.
func burn() (sum int) {
	for begin := time.Now(); time.Since(begin) < 5*time.Millisecond; {
		for i := range 10_000 {
			sum += i * i
		}
	}
	return sum
}

// Each of these is on the stack of one task only.
//
//go:noinline
func burnInFuture() { burn(); runtime.KeepAlive(nil) }

//go:noinline
func burnInBody() { burn(); runtime.KeepAlive(nil) }

//go:noinline
func burnOnPool() { burn(); runtime.KeepAlive(nil) }

// A sample of a CPU profile.
type sample struct {
	functions []string
	labels    string // "task:[a] worker:[b]"
}

var (
	sampleLine   = regexp.MustCompile(`^ *\d+ +\d+: ([\d ]+)$`)
	labelLine    = regexp.MustCompile(`^ +(\w+:\[.*\])$`)
	locationLine = regexp.MustCompile(`^ *(\d+): 0x[0-9a-f]+ (?:M=\d+ )?(\S+)`)
	inlinedLine  = regexp.MustCompile(`^ {10,}(\S+) \S+:\d+`)
)

// samplesOf parses the output of go tool pprof -raw.
func samplesOf(raw string) (samples []sample) {
	text, locations, _ := strings.Cut(raw, "\nLocations\n")
	functions := map[string][]string{} // by location
	last := ""
	for line := range strings.Lines(locations) {
		line = strings.TrimRight(line, "\n")
		if m := locationLine.FindStringSubmatch(line); m != nil {
			last = m[1]
			functions[last] = append(functions[last], m[2])
		} else if m := inlinedLine.FindStringSubmatch(line); m != nil {
			functions[last] = append(functions[last], m[1])
		}
	}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if m := sampleLine.FindStringSubmatch(line); m != nil {
			var s sample
			for id := range strings.FieldsSeq(m[1]) {
				s.functions = append(s.functions, functions[id]...)
			}
			samples = append(samples, s)
		} else if m := labelLine.FindStringSubmatch(line); m != nil && len(samples) > 0 {
			samples[len(samples)-1].labels = m[1]
		}
	}
	return samples
}

// A CPU profile tells which task the time went to, in each style, on each worker, and on the blocking pool.
func TestACPUProfileHasTheTasks(t *testing.T) {
	rt := startRuntime(t, executor.Options{Profile: true, LongPollThreshold: -1})
	file := filepath.Join(t.TempDir(), "cpu.profile")
	seen := map[string]bool{}
	want := []string{"burnInFuture", "burnInBody", "burnOnPool"}
	for end := time.Now().Add(testTimeout); len(seen) < len(want); {
		if time.Now().After(end) {
			t.Fatalf("the profiles have samples of %v only", seen)
		}
		var profile bytes.Buffer
		if err := pprof.StartCPUProfile(&profile); err != nil {
			t.Skip(err) // go test -cpuprofile
		}
		burnAll(t, rt)
		pprof.StopCPUProfile()
		if err := os.WriteFile(file, profile.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, s := range samplesOf(goTool(t, "pprof", "-raw", file)) {
			for _, function := range want {
				if !slices.ContainsFunc(s.functions, func(f string) bool { return strings.HasSuffix(f, "executor_test."+function) }) {
					continue
				}
				seen[function] = true
				worker := `moduvex/\d+`
				if function == "burnOnPool" {
					worker = "moduvex/blocking"
				}
				if ok, _ := regexp.MatchString(`^task:\[`+function+`\] worker:\[`+worker+`\]$`, s.labels); !ok {
					t.Errorf("a sample of %s has %q", function, s.labels)
				}
			}
		}
	}
}

// burnAll lets tasks of each kind compute, all at a time, and each in many polls.
func burnAll(t *testing.T, rt *executor.Runtime) {
	t.Helper()
	const polls = 20
	var handles []joinhandle.JoinHandle[int]
	for i := range rt.Workers() {
		left := polls
		handles = append(handles, executor.Spawn(executor.Named(rt.On(i), "burnInFuture"), future.Func(func(cx *core.Context) (int, bool) {
			burnInFuture()
			left--
			cx.Yield()
			return 0, left == 0
		})))
	}
	for range rt.Workers() { // move, where tasks do
		handles = append(handles, executor.Go(executor.Named(rt, "burnInBody"), func(co *coro.Co) (int, error) {
			for range polls {
				burnInBody()
				if err := co.Yield(); err != nil {
					return 0, err
				}
			}
			return 0, nil
		}))
	}
	handles = append(handles, executor.Go(executor.Named(rt, "burnOnPool"), func(co *coro.Co) (int, error) {
		for range polls {
			if _, err := executor.Blocking(co, func() (int, error) { burnOnPool(); return 0, nil }); err != nil {
				return 0, err
			}
		}
		return 0, nil
	}))
	for _, h := range handles {
		joinOK(t, h)
	}
}

var traceLine = regexp.MustCompile(`G=(\d+) (RegionBegin|RegionEnd|Log) .*(?:Type|Message)="([^"]*)"`)

// A trace has regions and logs with the names of the tasks, and can be read: regions that do not nest would break it.
func TestATraceHasTheTasks(t *testing.T) {
	if trace.IsEnabled() {
		t.Skip("go test -trace")
	}
	rt := startRuntime(t, executor.Options{Profile: true})
	early := &gate{}
	begun := make(chan struct{})
	before := executor.Go(executor.Named(rt, "before the trace"), func(co *coro.Co) (int, error) {
		close(begun)
		return coro.Await[int](co, early)
	})
	receive(t, "the body begins", begun)

	var traced bytes.Buffer
	if err := trace.Start(&traced); err != nil {
		t.Fatal(err)
	}
	const polls = 3
	for i := range rt.Workers() {
		regionsOn(t, rt, i, polls)
	}
	early.Open()
	joinOK(t, before)
	// The region of a function on the pool ends after its task has the result.
	eventually(t, "the functions on the pool end", func() bool { return rt.Stats().BlockingRunning == 0 })
	across := executor.Go(executor.Named(rt, "beyond the trace"), func(co *coro.Co) (int, error) { return 0, coro.Sleep(co, time.Millisecond) })
	trace.Stop()
	joinOK(t, across)

	file := filepath.Join(t.TempDir(), "trace")
	if err := os.WriteFile(file, traced.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	events := map[string]int{}
	for line := range strings.Lines(goTool(t, "trace", "-d=parsed", file)) {
		if m := traceLine.FindStringSubmatch(line); m != nil {
			events[m[2]+" "+m[3]]++
		}
	}
	n := rt.Workers()
	for event, want := range map[string]int{
		"RegionBegin future": polls * n, "RegionEnd future": polls * n, "Log future": 0,
		"RegionBegin body": n, "RegionEnd body": n, "Log body": polls * n,
		"RegionBegin own": n, "RegionEnd own": n,
		"RegionBegin aborted": n, "RegionEnd aborted": n, "RegionBegin until the abort": n, "RegionEnd until the abort": n,
		"RegionBegin panics": 2 * n, "RegionEnd panics": 2 * n,
		"RegionBegin exits": n, "RegionEnd exits": n,
		"RegionBegin before the trace": 0, "Log before the trace": 1,
	} {
		if events[event] != want {
			t.Errorf("the trace has %q %d times, want %d", event, events[event], want)
		}
	}
	if have := events["RegionBegin pool"]; have < 2*n || have != events["RegionEnd pool"] { // its body, and its function
		t.Errorf("the trace has %d regions of the function on the pool, and %d ends", have, events["RegionEnd pool"])
	}
}

// regionsOn runs a task of each kind on a worker, one after the other.
func regionsOn(t *testing.T, rt *executor.Runtime, i, polls int) {
	t.Helper()
	on := func(name string) core.Spawner { return executor.Named(rt.On(i), name) }
	left := polls
	joinOK(t, executor.Spawn(on("future"), future.Func(func(cx *core.Context) (int, bool) {
		left--
		cx.Yield()
		return 0, left == 0
	})))
	joinOK(t, executor.Go(on("body"), func(co *coro.Co) (int, error) {
		defer trace.StartRegion(context.Background(), "own").End() // over several polls
		for range polls - 1 {
			if err := co.Yield(); err != nil {
				return 0, err
			}
		}
		return 0, nil
	}))
	joinOK(t, executor.Go(on("pool"), func(co *coro.Co) (int, error) {
		return executor.Blocking(co, func() (int, error) { return 0, nil })
	}))
	inside := make(chan struct{})
	aborted := executor.Go(on("aborted"), func(co *coro.Co) (int, error) {
		defer trace.StartRegion(context.Background(), "until the abort").End()
		close(inside)
		return 0, coro.Sleep(co, time.Hour)
	})
	receive(t, "the body begins", inside)
	aborted.Abort()
	joinCancelled(t, aborted)
	joinPanicked(t, executor.Spawn(on("panics"), onFirstPoll(explode)))
	joinPanicked(t, executor.Go(on("panics"), func(*coro.Co) (int, error) { panic("boom") }))
	if _, err := executor.Go(on("exits"), func(*coro.Co) (int, error) { runtime.Goexit(); return 0, nil }).Wait(within(t)); err == nil {
		t.Error("a Goexit is no error")
	}
}
