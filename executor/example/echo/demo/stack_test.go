package main

import (
	"net"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/internal/racetest"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// A connection in direct style that waits for its first byte fits the stack of 2 KB that a goroutine begins with. One
// frame too many between the runtime and the body, or between the body and the wait, doubles what it costs.
func TestIdleConnectionHasTheSmallestStack(t *testing.T) {
	needPoller(t)
	if racetest.Enabled || runtime.GOARCH != "amd64" {
		t.Skip("frames have other sizes")
	}
	if runtime.GOOS == "windows" {
		t.Skip("stacks begin with more, for the handlers of exceptions")
	}
	rt, err := executor.New(executor.Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer rt.Close()
	l, err := tcp.ListenGroup(rt, "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var accepted atomic.Int64
	srv := &server{listener: l, style: "direct", accepted: func(joinhandle.AbortHandle) { accepted.Add(1) }}
	executor.Do(rt, srv.run)

	const conns = 300
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	before := m.StackInuse
	for range conns {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	for end := time.Now().Add(time.Minute); accepted.Load() < conns; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d of %d connections were accepted", accepted.Load(), conns)
		}
	}
	// The last task is polled after those before it: when it has run, all wait.
	if _, err := executor.Do(rt, func(co *coro.Co) error { return co.Yield() }).Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&m)
	if m.NumGC > 0 {
		t.Skip("a collection has changed the size of the stacks that goroutines begin with")
	}
	if each := int64(m.StackInuse-before) / conns; each > 3000 {
		t.Errorf("an idle connection has a stack of %d bytes, not 2,048", each)
	}
}
