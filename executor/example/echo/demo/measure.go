package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// A serverReport is a column of the table.
type serverReport struct {
	Style                         string
	Conns                         int
	IdleBytes                     int64 // resident, per connection; -1 if it cannot be had
	Spawned, Completed, Cancelled uint64
	FDs, Goroutines               beforeAfter
	Client                        clientReport
}

type beforeAfter struct{ Before, After int }

func (b beforeAfter) String() string { return fmt.Sprintf("%d, %d", b.Before, b.After) }

// aborted is how many connections the demo aborts: each third one.
func (r serverReport) aborted() int { return (r.Conns + 2) / 3 }

// check returns what is not as it should be.
func (r serverReport) check() error {
	var errs []error
	wrong := func(bad bool, format string, args ...any) {
		if bad {
			errs = append(errs, fmt.Errorf(r.Style+" style: "+format, args...))
		}
	}
	wrong(r.Client.Wrong != 0, "%d bytes came back wrong", r.Client.Wrong)
	wrong(r.Client.Failed != "", "a connection failed: %s", r.Client.Failed)
	wrong(r.Client.Bytes == 0, "nothing was echoed")
	wrong(int(r.Client.Cut) != r.aborted(), "%d connections saw an abort, not %d", r.Client.Cut, r.aborted())
	wrong(int(r.Cancelled) != r.aborted(), "%d tasks were aborted, not %d", r.Cancelled, r.aborted())
	wrong(r.Spawned != r.Completed+r.Cancelled, "of %d tasks %d have ended", r.Spawned, r.Completed+r.Cancelled)
	wrong(r.FDs.Before != r.FDs.After, "descriptors: %v", r.FDs)
	wrong(r.Goroutines.Before != r.Goroutines.After, "goroutines: %v", r.Goroutines)
	return errors.Join(errs...)
}

// runDemoServer is the server's process: it starts the client's, and reports on its output.
func runDemoServer(c demoConfig) error {
	r, err := measureServer(c)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}

func measureServer(c demoConfig) (r serverReport, err error) {
	r = serverReport{Style: c.Style, Conns: c.Conns}
	startNetpoller()
	r.FDs.Before, r.Goroutines.Before = openFDs(), runtime.NumGoroutine()

	// The client takes all of the machine that there is, so a poll may have to wait for its turn.
	rt, err := executor.New(executor.Options{LongPollThreshold: 2 * time.Second})
	if err != nil {
		return r, err
	}
	defer rt.Close()
	l, err := tcp.ListenGroup(rt, "tcp", "127.0.0.1:0")
	if err != nil {
		return r, err
	}
	defer l.Close()

	var tasks taskList
	srv := &server{listener: l, style: c.Style, accepted: tasks.add}
	accepting := executor.Do(rt, srv.run)

	c.Addr = l.Addr().String()
	client, err := startClient(c)
	if err != nil {
		return r, err
	}
	defer client.stop()

	// All connected, and idle.
	before := residentBytes()
	if err := client.say("connect"); err != nil {
		return r, err
	}
	if err := client.hear("connected"); err != nil {
		return r, err
	}
	for end := time.Now().Add(30 * time.Second); tasks.len() < c.Conns; time.Sleep(time.Millisecond) {
		if accepting.Finished() || time.Now().After(end) {
			return r, fmt.Errorf("only %d of %d connections were accepted", tasks.len(), c.Conns)
		}
	}
	time.Sleep(200 * time.Millisecond) // the last ones get to wait
	r.IdleBytes = -1
	if after := residentBytes(); before >= 0 && after >= 0 {
		r.IdleBytes = (after - before) / int64(c.Conns)
	}

	// Under load; in the middle of it, each third connection is aborted.
	if err := client.say("go"); err != nil {
		return r, err
	}
	time.Sleep(c.Time / 2)
	for end := time.Now().Add(10 * time.Second); !tasks.abortEachThird() && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	if err := client.say("aborted"); err != nil {
		return r, err
	}
	if err := client.report(&r.Client); err != nil {
		return r, err
	}

	// The client has closed what was left. Nothing is to be left of it here.
	if err := l.Close(); err != nil {
		return r, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if _, err := accepting.Wait(ctx); err != nil {
		return r, err
	}
	if err := rt.Shutdown(ctx); err != nil {
		return r, err
	}
	s := rt.Stats()
	r.Spawned, r.Completed, r.Cancelled = s.Spawned, s.Completed, s.Cancelled
	client.stop()
	r.FDs.After, r.Goroutines.After = openFDs(), goroutinesLeft(r.Goroutines.Before)
	return r, nil
}

// goroutinesLeft returns how many goroutines there are. If there are more than before, it looks again for a second:
// Shutdown returns when the workers have done their work, and their goroutines may still be about to end.
func goroutinesLeft(before int) (n int) {
	for end := time.Now().Add(time.Second); ; time.Sleep(time.Millisecond) {
		if n = runtime.NumGoroutine(); n <= before || time.Now().After(end) {
			return n
		}
	}
}

// A taskList collects the tasks of the connections.
type taskList struct {
	mu    sync.Mutex
	tasks []joinhandle.AbortHandle
}

func (t *taskList) add(h joinhandle.AbortHandle) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.tasks = append(t.tasks, h)
}

func (t *taskList) len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.tasks)
}

// abortEachThird reports whether all of these have ended.
func (t *taskList) abortEachThird() (ended bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	ended = true
	for i := 0; i < len(t.tasks); i += 3 {
		t.tasks[i].Abort()
		ended = ended && t.tasks[i].Finished()
	}
	return ended
}

// residentBytes is the memory of the process after all garbage is gone from it, or -1.
func residentBytes() int64 {
	debug.FreeOSMemory()
	f, err := os.Open("/proc/self/statm")
	if err != nil {
		return -1
	}
	defer f.Close()
	var size, resident int64
	if _, err := fmt.Fscan(bufio.NewReader(f), &size, &resident); err != nil {
		return -1
	}
	return resident * int64(os.Getpagesize())
}

// startNetpoller has Go open the descriptors of its own poller, which pipes to other processes use,
// and which stay open.
func startNetpoller() {
	if r, w, err := os.Pipe(); err == nil {
		r.Close()
		w.Close()
	}
}

// openFDs counts the descriptors of the process, or returns 0 where that cannot be done.
func openFDs() int {
	if runtime.GOOS == "windows" {
		return 0 // though emulators have the folders of the system below
	}
	for _, dir := range []string{"/proc/self/fd", "/dev/fd"} {
		if names, err := os.ReadDir(dir); err == nil {
			return len(names)
		}
	}
	return 0
}
