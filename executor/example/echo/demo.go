package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
)

// spareFDs is what a process needs besides its connections.
const spareFDs = 200

// patience bounds each step of the demo.
const patience = 60 * time.Second

// A row is what one run has measured.
type row struct {
	style         string
	conns         int
	report        report
	aborted       int
	bytesPerConn  int
	stats         executor.Stats
	before, after resources
}

// resources are what must be given back.
type resources struct{ fds, goroutines int }

func runDemo(conns, rounds int) error {
	if err := raiseFDLimit(conns + spareFDs); err != nil {
		n := fdLimit() - spareFDs
		fmt.Printf("The limit on descriptors cannot be raised (%v): %d connections instead of %d.\n", err, n, conns)
		if conns = n; conns < 3 {
			return err
		}
	}
	if err := wakeNetpoller(); err != nil {
		return err
	}
	var rows []row
	for _, style := range []string{"poll", "direct"} {
		r, err := demo(style, conns, rounds)
		if err != nil {
			return fmt.Errorf("%s style: %w", style, err)
		}
		rows = append(rows, r)
	}
	printTable(rows)
	var errs []error
	for _, r := range rows {
		errs = append(errs, r.check())
	}
	return errors.Join(errs...)
}

// demo runs the server in one style with its client.
func demo(style string, conns, rounds int) (r row, err error) {
	spawn, err := styleOf(style)
	if err != nil {
		return r, err
	}
	r = row{style: style, conns: conns, before: measureResources()}
	rt, err := executor.New(executor.Options{})
	if err != nil {
		return r, err
	}
	defer rt.Close()
	l, err := tcp.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return r, err
	}
	s := &server{spawn: spawn}
	accepting := executor.Go(executor.Named(rt, "accept"), s.accept(l))

	memory := resident()
	c, err := startClient(l.Addr().String(), conns, rounds)
	if err != nil {
		return r, err
	}
	defer c.kill()
	if err := c.expect("connected"); err != nil {
		return r, err
	}
	if err := waitFor("every connection to be accepted", func() bool { return s.accepted() == conns }); err != nil {
		return r, err
	}
	r.bytesPerConn = (resident() - memory) / conns

	c.tell("go")
	if err := c.expect("half"); err != nil {
		return r, err
	}
	r.aborted = s.abort(3)
	if r.report, err = c.done(); err != nil {
		return r, err
	}
	accepting.Abort()
	if _, err := accepting.Wait(context.Background()); !errors.Is(err, core.ErrCancelled) {
		return r, fmt.Errorf("accepting ended with %v", err)
	}
	grace, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := rt.Shutdown(grace); err != nil { // nothing is aborted here: the clients have gone
		return r, err
	}
	r.stats = rt.Stats()
	_ = waitFor("goroutines to end", func() bool { return measureResources() == r.before })
	r.after = measureResources()
	return r, nil
}

// check says what went wrong.
func (r row) check() error {
	var errs []error
	fail := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf(r.style+" style: "+format, args...))
	}
	if r.report.wrong != 0 {
		fail("%d bytes came back wrong", r.report.wrong)
	}
	if int64(r.aborted) != r.report.cut {
		fail("%d tasks were aborted, and %d clients were cut off", r.aborted, r.report.cut)
	}
	if r.after != r.before {
		fail("%+v before, %+v after", r.before, r.after)
	}
	if n := r.stats.Completed + r.stats.Cancelled; n != r.stats.Spawned || r.stats.Live != 0 {
		fail("%d tasks were spawned and %d ended", r.stats.Spawned, n)
	}
	return errors.Join(errs...)
}

func printTable(rows []row) {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	line := func(name string, cell func(r row) string) {
		fmt.Fprintf(w, "%s\t", name)
		for _, r := range rows {
			fmt.Fprintf(w, "%s\t", cell(r))
		}
		fmt.Fprintln(w)
	}
	line("", func(r row) string { return r.style })
	line("connections", func(r row) string { return fmt.Sprint(r.conns) })
	line("bytes echoed and verified", func(r row) string { return fmt.Sprint(r.report.requests * messageSize) })
	line("bytes wrong", func(r row) string { return fmt.Sprint(r.report.wrong) })
	line("resident bytes per idle connection", func(r row) string { return fmt.Sprint(r.bytesPerConn) })
	line("requests per second", func(r row) string {
		return fmt.Sprintf("%.0f", float64(r.report.requests)/r.report.took.Seconds())
	})
	line("tasks spawned", func(r row) string { return fmt.Sprint(r.stats.Spawned) })
	line("tasks completed", func(r row) string { return fmt.Sprint(r.stats.Completed) })
	line("tasks aborted", func(r row) string { return fmt.Sprint(r.stats.Cancelled) })
	line("clients cut off by an abort", func(r row) string { return fmt.Sprint(r.report.cut) })
	line("descriptors before, after", func(r row) string { return fmt.Sprintf("%d, %d", r.before.fds, r.after.fds) })
	line("goroutines before, after", func(r row) string {
		return fmt.Sprintf("%d, %d", r.before.goroutines, r.after.goroutines)
	})
	w.Flush()
}

// A clientProcess is the other side; see client.go for what they say to each other.
type clientProcess struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
	end *time.Timer
}

func startClient(addr string, conns, rounds int) (*clientProcess, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, "-client", addr, "-conns", fmt.Sprint(conns), "-rounds", fmt.Sprint(rounds))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	c := &clientProcess{cmd: cmd, in: in, out: bufio.NewReader(out)}
	c.end = time.AfterFunc(patience, func() { cmd.Process.Kill() })
	return c, nil
}

func (c *clientProcess) tell(line string) { fmt.Fprintln(c.in, line) }

func (c *clientProcess) expect(word string) error {
	line, err := c.out.ReadString('\n')
	if err != nil || !strings.HasPrefix(line, word) {
		return fmt.Errorf("waiting for the client's %q: got %q, %v", word, line, err)
	}
	return nil
}

// done takes the client's report and waits for its end.
func (c *clientProcess) done() (r report, err error) {
	line, err := c.out.ReadString('\n')
	if err != nil {
		return r, fmt.Errorf("waiting for the client's report: %w", err)
	}
	var took int64
	if _, err := fmt.Sscanf(line, reportFormat, &r.requests, &r.wrong, &r.cut, &took); err != nil {
		return r, fmt.Errorf("the client's report %q: %w", line, err)
	}
	r.took = time.Duration(took)
	return r, c.cmd.Wait()
}

// kill ends a client that did not come to its end.
func (c *clientProcess) kill() {
	c.end.Stop()
	if c.cmd.ProcessState == nil {
		c.cmd.Process.Kill()
		c.cmd.Wait()
	}
}

// waitFor polls a condition that other goroutines or the kernel bring about.
func waitFor(what string, done func() bool) error {
	for end := time.Now().Add(patience / 6); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			return fmt.Errorf("waited in vain for %s", what)
		}
	}
	return nil
}

// resident returns the memory that the process holds, after a collection.
func resident() int {
	debug.FreeOSMemory()
	if b, err := os.ReadFile("/proc/self/statm"); err == nil {
		var total, pages int
		if _, err := fmt.Sscan(string(b), &total, &pages); err == nil {
			return pages * os.Getpagesize()
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapInuse + m.StackInuse)
}

// wakeNetpoller makes Go's own poller, whose descriptors are made on the first use and stay. The
// pipe to the client would be that use, and would look like a leak.
func wakeNetpoller() error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	return errors.Join(r.Close(), w.Close())
}

func measureResources() resources {
	r := resources{goroutines: runtime.NumGoroutine()}
	for _, dir := range []string{"/proc/self/fd", "/dev/fd"} {
		if list, err := os.ReadDir(dir); err == nil {
			r.fds = len(list)
			break
		}
	}
	return r
}
