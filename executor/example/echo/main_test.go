package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/executor"
	"go.uber.org/goleak"
)

// TestMain is also the program itself, for tests that start it as a process.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && (os.Args[1] == "-role" || os.Args[1] == "-addr") {
		main()
		return
	}
	goleak.VerifyTestMain(m)
}

func TestDemo(t *testing.T) {
	needPoller(t)
	var out strings.Builder
	if err := runDemo(demoConfig{Conns: 100, Time: 200 * time.Millisecond}, &out); err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	for _, want := range []string{"poll", "direct", "bytes echoed and verified", "aborted"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the table has no %q:\n%s", want, &out)
		}
	}
}

func TestReportIsChecked(t *testing.T) {
	good := serverReport{
		Conns: 3, Spawned: 4, Completed: 3, Cancelled: 1,
		FDs: beforeAfter{5, 5}, Goroutines: beforeAfter{1, 1},
		Client: clientReport{Bytes: 1, Cut: 1},
	}
	if err := good.check(); err != nil {
		t.Error(err)
	}
	for name, spoil := range map[string]func(r *serverReport){
		"wrong byte":    func(r *serverReport) { r.Client.Wrong = 1 },
		"no byte":       func(r *serverReport) { r.Client.Bytes = 0 },
		"failure":       func(r *serverReport) { r.Client.Failed = "so" },
		"unseen abort":  func(r *serverReport) { r.Client.Cut = 0 },
		"missing abort": func(r *serverReport) { r.Cancelled = 0 },
		"lost task":     func(r *serverReport) { r.Completed = 2 },
		"descriptor":    func(r *serverReport) { r.FDs.After = 6 },
		"goroutine":     func(r *serverReport) { r.Goroutines.After = 2 },
	} {
		r := good
		spoil(&r)
		if r.check() == nil {
			t.Errorf("%s: nothing is said", name)
		}
	}
}

func TestServeUntilInterrupted(t *testing.T) {
	needPoller(t)
	if runtime.GOOS == "windows" {
		t.Skip("one process cannot interrupt another")
	}
	for _, style := range []string{"poll", "direct"} {
		cmd := exec.Command(os.Args[0], "-addr", "127.0.0.1:0", "-style", style)
		cmd.Stderr = os.Stderr
		stdout, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		out := bufio.NewReader(stdout)
		line, err := out.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		var addr string
		if _, err := fmt.Sscanf(line, "echo: serving on %s", &addr); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		c, err := net.Dial("tcp", strings.TrimSuffix(addr, ";"))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(c, "hello")
		c.(*net.TCPConn).CloseWrite()
		if got, err := io.ReadAll(c); string(got) != "hello" || err != nil {
			t.Errorf("got %q, %v", got, err)
		}
		c.Close()

		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		rest, err := io.ReadAll(out)
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("%v: %s", err, rest)
		}
		// One task serves, one accepts on each worker, and one has the connection. The interrupt may come
		// before all accept: then the closed listener ends the serving, and those that accept with it.
		_, summary, _ := strings.Cut(string(rest), "stopping\n")
		var spawned, completed, aborted int
		if _, err := fmt.Sscanf(summary, "echo: %d tasks, %d completed, %d aborted", &spawned, &completed, &aborted); err != nil {
			t.Fatalf("%q: %v", rest, err)
		}
		workers := runtime.GOMAXPROCS(0)
		if spawned > workers+2 || completed < 2 || completed+aborted != spawned {
			t.Errorf("it says %q, with %d workers", rest, workers)
		}
	}
}

func TestErrorsOfServe(t *testing.T) {
	if err := serve("nowhere", "poll"); err == nil {
		t.Error("an address that does not parse is served")
	}
}

// needPoller skips a test on a system that has no poller, such as solaris.
func needPoller(t *testing.T) {
	t.Helper()
	rt, err := executor.New(executor.Options{})
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip("no poller for ", runtime.GOOS)
	}
	if err != nil {
		t.Fatal(err)
	}
	rt.Close()
}
