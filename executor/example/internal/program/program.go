// Package program runs the examples as processes, for their tests.
//
// The test binary of an example is the example, too: its TestMain calls [IsChild] first, and then main in place of
// the tests. A test starts it with [Start] and talks to it with a client from the system, which [Tool] finds.
package program

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// childEnv is set in the environment of a process that is to run main instead of the tests.
const childEnv = "EXAMPLE_CHILD"

// IsChild reports whether this process was made by Start.
func IsChild() bool { return os.Getenv(childEnv) != "" }

// Timeout bounds each wait of a test for a process. It only matters when the test fails.
const Timeout = 60 * time.Second

// A Program is an example that runs. Its methods belong to the goroutine of the test.
type Program struct {
	Addr string // the first word after "listening on " in its output
	t    *testing.T
	cmd  *exec.Cmd
	out  buffer
	done chan error // the end of the process
}

// Start starts the example with args and waits until it prints the address that it listens on. The end of the test
// kills it, unless Stop has stopped it.
func Start(t *testing.T, args ...string) *Program {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &Program{t: t, cmd: exec.Command(self, args...), done: make(chan error, 1)}
	p.cmd.Env = append(os.Environ(), childEnv+"=1")
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Stderr = &p.out
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	address := make(chan string, 1)
	go func() {
		lines := bufio.NewScanner(io.TeeReader(stdout, &p.out))
		for lines.Scan() {
			if _, rest, ok := strings.Cut(lines.Text(), "listening on "); ok {
				word, _, _ := strings.Cut(rest, " ")
				address <- strings.TrimRight(word, ";,")
			}
		}
		close(address)
		p.done <- p.cmd.Wait()
	}()
	t.Cleanup(func() {
		if p.cmd.Process.Kill() == nil {
			<-p.done
		}
	})
	select {
	case p.Addr = <-address:
	case <-time.After(Timeout):
	}
	if p.Addr == "" {
		t.Fatalf("%v has not printed its address: %s", args, p.out.String())
	}
	return p
}

// Output returns what the program has printed so far.
func (p *Program) Output() string { return p.out.String() }

// Stop is Interrupt and Wait.
func (p *Program) Stop() string {
	p.t.Helper()
	p.Interrupt()
	return p.Wait()
}

// Wait waits for the end of the program and returns its output. A program that fails fails the test.
func (p *Program) Wait() string {
	p.t.Helper()
	select {
	case err := <-p.done:
		if err != nil {
			p.t.Errorf("the program ends with %v: %s", err, p.out.String())
		}
		p.done <- nil // for the clean-up
	case <-time.After(Timeout):
		p.t.Fatalf("the program does not stop: %s", p.out.String())
	}
	return p.out.String()
}

// Interrupt interrupts the program, as Ctrl-C does, and returns when the program does not listen any more, which is how each of the
// examples begins to stop.
func (p *Program) Interrupt() {
	p.t.Helper()
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		p.t.Fatal(err)
	}
	for end := time.Now().Add(Timeout); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		c, err := net.Dial("tcp", p.Addr)
		if err != nil {
			return
		}
		c.Close()
	}
	p.t.Fatalf("the program goes on after an interrupt: %s", p.out.String())
}

// NeedProcesses skips the test where Start and Stop do not work: one process cannot interrupt another on Windows.
func NeedProcesses(t *testing.T) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("one process cannot interrupt another on windows")
	}
}

// Tool returns the path of a program of the system, which the Debian package pkg contains. Where it is missing, the
// test is skipped, but fails under continuous integration.
func Tool(t *testing.T, name, pkg string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		path, err = exec.LookPath("/usr/sbin/" + name) // not in every user's PATH
	}
	switch {
	case err == nil:
		return path
	case os.Getenv("CI") == "true" && runtime.GOOS == "linux":
		t.Fatalf("%s is missing: apt-get install %s", name, pkg)
	default:
		t.Skipf("%s is missing: apt-get install %s", name, pkg)
	}
	return ""
}

// A buffer collects output that one goroutine writes and another reads.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
