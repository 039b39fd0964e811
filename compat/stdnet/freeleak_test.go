package stdnet_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/compat/stdnet"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
	"github.com/moduvex/moduvex-go/executor/net/unix"
)

// used is what a process has: sockets where the system lists them, goroutines, and bytes of the heap.
type used struct {
	sockets, goroutines int
	heap                uint64
}

func inUse() (u used) {
	for range 2 { // what a sync.Pool holds goes with the second
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	sockets := 0 // a worker makes other descriptors, of its poller, when it first needs them
	files, _ := os.ReadDir("/proc/self/fd")
	for _, f := range files {
		if to, _ := os.Readlink("/proc/self/fd/" + f.Name()); strings.HasPrefix(to, "socket:") {
			sockets++
		}
	}
	return used{sockets, runtime.NumGoroutine(), m.HeapAlloc}
}

// Calls that are given up leave nothing behind: a deadline, a Close, a context ends them, 100,000 times in all.
func TestFreeCallsGivenUpLeaveNothing(t *testing.T) {
	rounds := 100_000
	if !modetest.First() {
		rounds = 2_000
	}
	if testing.Short() || raceEnabled || runtime.GOOS == "windows" { // whose pairs are of TCP, and use up the ports
		rounds /= 20
	}
	const parallel = 50
	rt := newRuntime(t, executor.Options{})
	s := freeSide(rt)
	l, err := s.listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	full := fullUnix(t, rt)
	kept := make(chan net.Conn, parallel) // connections that stay
	for range parallel {
		a, b := pair(t, rt)
		defer a.Close()
		defer b.Close()
		kept <- a
	}

	give := []struct {
		name string
		up   func()
	}{
		{"a deadline that comes", func() {
			a, b := pair(t, rt)
			a.SetReadDeadline(time.Now().Add(100 * time.Microsecond))
			if _, err := a.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Error(err)
			}
			a.Close()
			b.Close()
		}},
		{"a deadline of a connection that stays", func() {
			c := <-kept
			defer func() { kept <- c }()
			c.SetReadDeadline(time.Now().Add(100 * time.Microsecond))
			if _, err := c.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Error(err)
			}
		}},
		{"a close", func() {
			a, b := pair(t, rt)
			ended := make(chan error, 1)
			go func() { _, err := a.Read(make([]byte, 1)); ended <- err }()
			runtime.Gosched()
			a.Close()
			if err := <-ended; !errors.Is(err, net.ErrClosed) {
				t.Error(err)
			}
			b.Close()
		}},
		{"the end of the peer", func() {
			a, b := pair(t, rt)
			ended := make(chan error, 1)
			go func() { _, err := a.Read(make([]byte, 1)); ended <- err }()
			runtime.Gosched()
			b.Close()
			if err := <-ended; err != io.EOF {
				t.Error(err)
			}
			a.Close()
		}},
		{"a context of a dial", func() {
			ctx, cancel := context.WithCancel(context.Background())
			go cancel()
			c, err := s.dial(ctx, "tcp", l.Addr().String())
			if err == nil {
				c.Close() // it was quicker
			} else if !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		}},
		{"a context of a dial that waits", func() {
			ctx, cancel := context.WithTimeout(context.Background(), 100*time.Microsecond)
			defer cancel()
			if _, err := s.dial(ctx, "unix", full); !errors.Is(err, context.DeadlineExceeded) {
				t.Error(err)
			}
		}},
	}
	accepts := make(chan struct{})
	go func() { // of the dials that were quicker
		defer close(accepts)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.Close()
		}
	}()
	for _, g := range give {
		if g.name == "a context of a dial that waits" && full == "" {
			continue
		}
		run := func(n int) {
			var wg sync.WaitGroup
			for range parallel {
				wg.Go(func() {
					for range n / parallel {
						g.up()
					}
				})
			}
			wg.Wait()
		}
		run(10 * parallel) // what is allocated once
		before := inUse()
		run(rounds / len(give))
		var after used
		for end := time.Now().Add(testTimeout); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
			if after = inUse(); after.sockets <= before.sockets && after.goroutines <= before.goroutines && after.heap < before.heap+(256<<10) {
				break
			}
		}
		if after.sockets > before.sockets || after.goroutines > before.goroutines || after.heap > before.heap+(256<<10) {
			t.Errorf("%s, %d times: before %+v, after %+v", g.name, rounds/len(give), before, after)
		}
	}
	l.Close()
	<-accepts
}

// pair returns two free connections that are peers of each other. The caller closes them: a cleanup for each would keep
// them on the heap.
func pair(t *testing.T, rt *executor.Runtime) (a, b net.Conn) {
	x, y, err := unix.StreamPair()
	if err != nil { // not on Windows, for example
		return connect(t, freeSide(rt), freeSide(rt), "tcp")
	}
	return stdnet.Free(rt, x), stdnet.Free(rt, y)
}

// fullUnix returns the name of a listener whose backlog is full, or "" where a dial does not wait for that.
func fullUnix(t *testing.T, rt *executor.Runtime) string {
	if runtime.GOOS != "linux" {
		return ""
	}
	name := address(t, "unix")
	l, err := (&stdnet.ListenConfig{Runtime: rt, Backlog: 1}).Listen(t.Context(), "unix", name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	for {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		c, err := (&stdnet.Dialer{Runtime: rt}).DialContext(ctx, "unix", name)
		cancel()
		if err != nil {
			return name
		}
		t.Cleanup(func() { c.Close() })
	}
}
