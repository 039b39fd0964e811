package executor_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/executor"
)

const (
	idleMark = "the runtime is idle"
	// idleMode names the variable that tells the child how its workers are to be: scheduling/number.
	idleMode = "EXECUTOR_TEST_IDLE"
)

// idleOptions returns how the workers of the child are to be.
func idleOptions() (opts executor.Options) {
	if _, err := fmt.Sscanf(os.Getenv(idleMode), "%d/%d", &opts.Scheduling, &opts.Workers); err != nil {
		panic(err)
	}
	return opts
}

// A tracedChild is a process under strace that has said that its runtime is idle.
type tracedChild struct {
	cmd   *exec.Cmd
	stdin io.Closer
	out   *bufio.Scanner
	trace string // the file
}

// startTraced starts a child with workers as in mode.
func startTraced(t *testing.T, child string, mode executor.Options) *tracedChild {
	t.Helper()
	trace := filepath.Join(t.TempDir(), "trace")
	cmd := exec.Command(strace(t), "-f", "-o", trace, os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+child, fmt.Sprintf("%s=%d/%d", idleMode, mode.Scheduling, mode.Workers))
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
	t.Cleanup(func() { stop.Stop() })
	c := &tracedChild{cmd, stdin, bufio.NewScanner(stdout), trace}
	if !c.out.Scan() || c.out.Text() != idleMark {
		stdin.Close()
		unable(t, "strace cannot trace here: %v", cmd.Wait())
	}
	return c
}

// settle waits until the trace has not grown for window, and returns the number of its lines.
func (c *tracedChild) settle(t *testing.T, window time.Duration) int {
	t.Helper()
	settled, since := lines(t, c.trace), time.Now()
	for begin := since; time.Since(since) < window; time.Sleep(window / 20) {
		if n := lines(t, c.trace); n != settled {
			settled, since = n, time.Now()
		}
		if time.Since(begin) > testTimeout {
			text, _ := os.ReadFile(c.trace)
			all := strings.Split(string(text), "\n")
			c.cmd.Process.Kill()
			t.Fatalf("the idle runtime goes on making system calls, the last of %d:\n%s",
				len(all), strings.Join(all[max(0, len(all)-30):], "\n"))
		}
	}
	return settled
}

// end lets the child end, and returns the line that it says.
func (c *tracedChild) end(t *testing.T) (said string) {
	t.Helper()
	c.stdin.Close()
	if c.out.Scan() {
		said = c.out.Text()
	}
	if err := c.cmd.Wait(); err != nil {
		t.Errorf("the child ended with %v", err)
	}
	return said
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
