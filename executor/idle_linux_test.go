package executor_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/internal/modetest"
	"github.com/moduvex/moduvex-go/joinhandle"
	"github.com/moduvex/moduvex-go/reactor"
)

const (
	idleChild = "idle"
	idleMark  = "the runtime is idle"
	// idleMode names the variable that tells the child how its workers are to be: scheduling/number.
	idleMode = "EXECUTOR_TEST_IDLE"
)

func init() { children[idleChild] = beIdle }

// beIdle holds a runtime in which tasks of all kinds wait on every worker, until its standard input
// ends. Reading that is a single system call, which is under way all the time.
func beIdle() {
	check := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	var opts executor.Options
	_, err := fmt.Sscanf(os.Getenv(idleMode), "%d/%d", &opts.Scheduling, &opts.Workers)
	check(err)
	rt, err := executor.New(opts)
	check(err)
	var tasks []joinhandle.AbortHandle
	var gates []*gate
	wait := func(s core.Spawner) {
		a, _, err := newSocketPair()
		check(err)
		input := executor.Spawn(s, future.Func(func(cx *core.Context) (int, bool) {
			reg, err := cx.Host().IO().(*reactor.Reactor).Register(a.FD(), reactor.Readable|reactor.Writable)
			check(err)
			_, ready := reg.PollReady(cx.Waker(), reactor.Read)
			return 0, ready
		}))
		g := &gate{}
		gates = append(gates, g)
		sleeping := executor.Go(s, func(co *coro.Co) (int, error) { return 0, coro.Sleep(co, time.Hour) })
		tasks = append(tasks, input.AbortHandle(), executor.Spawn[int](s, g).AbortHandle(), sleeping.AbortHandle())
	}
	wait(rt)
	for i := range rt.Workers() {
		wait(rt.On(i))
	}
	executor.SpawnBlocking(rt, func() (int, error) { return 0, nil })
	polled := func(g *gate) bool { return g.polls.Load() != 0 }
	for !executor.Parked(rt) || !executor.WatchdogAsleep(rt) || !all(gates, polled) {
		time.Sleep(time.Millisecond)
	}
	fmt.Println(idleMark)
	os.Stdin.Read(make([]byte, 1))
	if !all(tasks, func(h joinhandle.AbortHandle) bool { return !h.Finished() }) {
		panic("a task has ended")
	}
	check(rt.Close())
	fmt.Println("closed")
}

func all[T any](list []T, f func(T) bool) bool {
	return !slices.ContainsFunc(list, func(v T) bool { return !f(v) })
}

// Regression: parking had a cap, so that an idle process made a hundred system calls a second.
//
// The child is traced from its start. Once it says that it is idle, there must come two seconds in
// which the trace does not grow. They need not begin at once: Go's monitor thread looks after
// threads that are in system calls for some milliseconds before it goes to sleep.
func TestIdleRuntimeMakesNoSystemCall(t *testing.T) {
	const window = 2 * time.Second
	mode := modetest.Options(executor.Options{})
	if mode.Workers != 1 && mode.Workers != 8 {
		t.Skip("one worker and eight will do: it takes seconds")
	}
	trace := filepath.Join(t.TempDir(), "trace")
	cmd := exec.Command(strace(t), "-f", "-o", trace, os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+idleChild, fmt.Sprintf("%s=%d/%d", idleMode, mode.Scheduling, mode.Workers))
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop := time.AfterFunc(3*testTimeout, func() { cmd.Process.Kill() })
	defer stop.Stop()
	out := bufio.NewScanner(stdout)
	if !out.Scan() || out.Text() != idleMark {
		stdin.Close()
		unable(t, "strace cannot trace here: %v", cmd.Wait())
	}

	settled, since := lines(t, trace), time.Now()
	for begin := since; time.Since(since) < window; time.Sleep(window / 20) {
		if n := lines(t, trace); n != settled {
			settled, since = n, time.Now()
		}
		if time.Since(begin) > testTimeout {
			text, _ := os.ReadFile(trace)
			all := strings.Split(string(text), "\n")
			cmd.Process.Kill()
			t.Fatalf("the idle runtime goes on making system calls, the last of %d:\n%s",
				len(all), strings.Join(all[max(0, len(all)-30):], "\n"))
		}
	}
	t.Logf("%d lines of trace until the runtime was idle, none in %v after that", settled, window)

	stdin.Close()
	if !out.Scan() || out.Text() != "closed" {
		t.Errorf("the child did not close its runtime")
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("the child ended with %v", err)
	}
	if n := lines(t, trace); n <= settled {
		t.Errorf("the end of the child is not in the trace: %d lines", n)
	}
}

func lines(t *testing.T, file string) int {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Count(string(text), "\n")
}

// strace returns where strace is. Root gets it installed.
func strace(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("strace")
	if err == nil {
		return path
	}
	if os.Geteuid() == 0 {
		out, err := exec.Command("apt-get", "install", "-y", "strace").CombinedOutput()
		if err != nil {
			t.Logf("apt-get install strace: %v\n%s", err, out)
		}
		if path, err = exec.LookPath("strace"); err == nil {
			return path
		}
	}
	unable(t, "strace is not here: install the package strace")
	return ""
}

// unable skips the test, but not where everything is to be tested.
func unable(t *testing.T, format string, args ...any) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}
