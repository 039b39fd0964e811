package executor_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/internal/modetest"
)

const restChild = "rest"

func init() { children[restChild] = beAtRest }

// beAtRest holds a runtime whose workers have spun a lot and have nothing to do any more, until its standard input
// ends. It prints whether a worker has spun in the meantime: no system call tells that.
func beAtRest() {
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
	for _, h := range volleys(rt, 2000) {
		<-h.Done()
	}
	for !executor.Parked(rt) || !executor.WatchdogAsleep(rt) {
		time.Sleep(time.Millisecond)
	}
	before := rt.Stats()
	fmt.Println(idleMark)
	os.Stdin.Read(make([]byte, 1))
	after := rt.Stats()
	fmt.Printf("could spin: %t, spun: %t, then %d spins and %d sleeps more, parked: %t\n", executor.CanSpin(rt),
		before.Spins != 0, after.Spins-before.Spins, after.Parks-before.Parks, executor.Parked(rt))
	check(rt.Close())
}

// A runtime whose workers have spun stops that for good when it has nothing to do: see also
// TestIdleRuntimeMakesNoSystemCall.
func TestARuntimeThatBecomesIdleStopsSpinning(t *testing.T) {
	const window = 2 * time.Second
	mode := modetest.Options(executor.Options{})
	if mode.Workers != 2 && mode.Workers != 8 {
		t.Skip("two workers and eight will do: it takes seconds")
	}
	trace := filepath.Join(t.TempDir(), "trace")
	cmd := exec.Command(strace(t), "-f", "-o", trace, os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+restChild, fmt.Sprintf("%s=%d/%d", idleMode, mode.Scheduling, mode.Workers))
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
	stop := time.AfterFunc(6*testTimeout, func() { cmd.Process.Kill() })
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
			t.Error("the runtime goes on making system calls after it has become idle")
			break
		}
	}
	stdin.Close()
	could := executor.Options{Workers: mode.Workers}
	rt := startRuntime(t, could)
	want := fmt.Sprintf("could spin: %[1]t, spun: %[1]t, then 0 spins and 0 sleeps more, parked: true", executor.CanSpin(rt))
	if !out.Scan() || out.Text() != want {
		t.Errorf("after %v at rest: %s; want %s", window, out.Text(), want)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("the child ended with %v", err)
	}
}
