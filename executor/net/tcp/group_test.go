package tcp_test

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// groups are the ways in which a group gets its connections to the workers.
var groups = map[string]tcp.ListenConfig{
	"spread":    {},
	"hand over": {HandOver: true},
}

func listenGroup(tb testing.TB, rt *executor.Runtime, lc tcp.ListenConfig) *tcp.ListenerGroup {
	tb.Helper()
	g, err := lc.ListenGroup(rt, "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { g.Close() })
	return g
}

// sayWorker says on its connection which worker its task is on, at the start and after each byte.
func sayWorker(co *coro.Co, s *tcp.Stream) error {
	defer s.Close()
	b := make([]byte, 1)
	for {
		b[0], _ = workerByte(co)
		if _, err := s.Write(co, b); err != nil {
			return err
		}
		if _, err := s.Read(co, b); err != nil {
			if err == io.EOF {
				err = nil
			}
			return err
		}
	}
}

func workerByte(s core.Spawner) (byte, bool) {
	id, ok := executor.WorkerID(s)
	return byte(id), ok
}

func TestGroupServesOnEveryWorker(t *testing.T) {
	for name, lc := range groups {
		t.Run(name, func(t *testing.T) {
			rt := nettest.NewRuntime(t)
			g := listenGroup(t, rt, lc)
			serving := executor.Do(rt, func(co *coro.Co) error {
				return g.ServeWith(co, func(s core.Spawner, conn *tcp.Stream) {
					// Bound, so that it can tell where it was put also where tasks are stolen.
					id, ok := executor.WorkerID(s)
					if !ok {
						t.Error("f is called outside a task")
					}
					executor.Do(rt.On(id), func(co *coro.Co) error { return sayWorker(co, conn) })
				})
			})
			seen := make(map[byte]bool)
			var conns []net.Conn
			// A hash spreads them: with so many, it is not by chance that a worker gets none.
			for i := 0; len(seen) < rt.Workers() && i < 100*rt.Workers(); i++ {
				c, err := net.Dial("tcp", g.Addr().String())
				if err != nil {
					t.Fatal(err)
				}
				conns = append(conns, c)
				seen[echoByte(t, c)] = true
			}
			if len(seen) != rt.Workers() {
				t.Errorf("%d connections went to %d of %d workers", len(conns), len(seen), rt.Workers())
			}
			if lc.HandOver && len(conns) != rt.Workers() {
				t.Errorf("it took %d connections to reach %d workers round-robin", len(conns), rt.Workers())
			}
			for _, c := range conns {
				first := sendByte(t, c)
				if again := sendByte(t, c); again != first {
					t.Errorf("a connection moved from worker %d to %d", first, again)
				}
				c.Close()
			}
			if err := g.Close(); err != nil {
				t.Error(err)
			}
			if err := nettest.Finish(t, serving); err != nil {
				t.Error("Serve:", err)
			}
			if err := g.Close(); !errors.Is(err, net.ErrClosed) {
				t.Error("a second Close:", err)
			}
		})
	}
}

func echoByte(tb testing.TB, c net.Conn) byte {
	tb.Helper()
	b := make([]byte, 1)
	if _, err := io.ReadFull(c, b); err != nil {
		tb.Fatal(err)
	}
	return b[0]
}

func sendByte(tb testing.TB, c net.Conn) byte {
	tb.Helper()
	if _, err := c.Write([]byte{0}); err != nil {
		tb.Fatal(err)
	}
	return echoByte(tb, c)
}

// Cancelling Serve ends it on all workers, and leaves the group open for the next.
func TestGroupServeIsCancelledAndServesAgain(t *testing.T) {
	for name, lc := range groups {
		t.Run(name, func(t *testing.T) {
			rt := nettest.NewRuntime(t)
			g := listenGroup(t, rt, lc)
			var served atomic.Int64
			serve := func() nettest.Handle {
				return executor.Do(rt, func(co *coro.Co) error {
					return g.Serve(co, func(*coro.Co, *tcp.Stream) { served.Add(1) })
				})
			}
			for round := range int64(3) {
				h := serve()
				c, err := net.Dial("tcp", g.Addr().String())
				if err != nil {
					t.Fatal(err)
				}
				io.Copy(io.Discard, c)
				c.Close()
				h.Abort()
				if err := nettest.Finish(t, h); !errors.Is(err, core.ErrCancelled) {
					t.Errorf("Serve returned %v", err)
				}
				for end := time.Now().Add(nettest.Timeout); rt.Stats().Live != 0; time.Sleep(time.Millisecond) {
					if time.Now().After(end) {
						t.Fatalf("%d tasks are left", rt.Stats().Live)
					}
				}
				if n := served.Load(); n != round+1 {
					t.Errorf("%d connections were served, want %d", n, round+1)
				}
			}
		})
	}
}

func TestGroupServeReportsAPanic(t *testing.T) {
	for name, lc := range groups {
		if lc.HandOver || !tcp.Spreads {
			continue // there it is the panic of the connection's own task
		}
		t.Run(name, func(t *testing.T) {
			var log nettest.Log
			rt := nettest.NewRuntimeWith(t, executor.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
			g := listenGroup(t, rt, lc)
			h := executor.Do(rt, func(co *coro.Co) error {
				return g.ServeWith(co, func(_ core.Spawner, conn *tcp.Stream) {
					conn.Close()
					panic("f panics")
				})
			})
			c, err := net.Dial("tcp", g.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			err = nettest.Finish(t, h)
			var je *joinhandle.JoinError
			if !errors.As(err, &je) {
				t.Fatalf("Serve returned %v", err)
			}
			if v, ok := je.Panic(); !ok || fmt.Sprint(v) != "task panicked: f panics" {
				t.Errorf("it panicked with %v", v)
			}
			if n := log.Count("accepts no more"); n != 1 || log.Count(g.Addr().String()) != 1 || log.Count("f panics") != 1 {
				t.Errorf("the log does not say once that the group accepts no more: %s", log.String())
			}
		})
	}
}

// Two loops that serve one group would share its connections: the second one is refused, and disturbs the first one in
// no way.
func TestGroupRefusesASecondServe(t *testing.T) {
	for name, lc := range groups {
		t.Run(name, func(t *testing.T) {
			rt := nettest.NewRuntime(t)
			g := listenGroup(t, rt, lc)
			serve := func(co *coro.Co) error {
				return g.Serve(co, func(co *coro.Co, conn *tcp.Stream) { sayWorker(co, conn) })
			}
			first := executor.Do(rt, serve)
			for range 2 {
				c, err := net.Dial("tcp", g.Addr().String())
				if err != nil {
					t.Fatal(err)
				}
				echoByte(t, c) // the first one serves
				c.Close()
				err = nettest.Finish(t, executor.Do(rt, serve))
				if err == nil || !strings.Contains(err.Error(), "served already") {
					t.Errorf("the second Serve returned %v", err)
				}
			}
			g.Close()
			if err := nettest.Finish(t, first); err != nil {
				t.Error(err)
			}
		})
	}
}

// Connections that have been accepted, but have not arrived or have no task yet when the runtime ends,
// are closed.
func TestGroupEndsWithItsRuntime(t *testing.T) {
	for name, lc := range groups {
		t.Run(name, func(t *testing.T) {
			rt := nettest.NewRuntime(t)
			g := listenGroup(t, rt, lc)
			h := executor.Do(rt, func(co *coro.Co) error {
				return g.Serve(co, func(co *coro.Co, conn *tcp.Stream) { sayWorker(co, conn) })
			})
			var wg sync.WaitGroup
			for range 50 {
				wg.Go(func() {
					if c, err := net.Dial("tcp", g.Addr().String()); err == nil {
						io.Copy(io.Discard, c)
						c.Close()
					}
				})
			}
			rt.Close()
			g.Close()
			wg.Wait()
			err := nettest.Finish(t, h) // nil if it has seen the drain before it was aborted, or refused
			if err != nil && !errors.Is(err, core.ErrShutdown) && !errors.Is(err, core.ErrCancelled) {
				t.Errorf("Serve ended with %v", err)
			}
		})
	}
}

func TestGroupBadInput(t *testing.T) {
	rt := nettest.NewRuntime(t)
	if _, err := tcp.ListenGroup(rt, "udp", "127.0.0.1:0"); err == nil {
		t.Error("a group of another network")
	}
	taken := listen(t)
	if _, err := tcp.ListenGroup(rt, "tcp", taken.Addr().String()); err == nil {
		t.Error("a group on a port that is taken")
	}
	for what, f := range map[string]func(){
		"nil Runtime": func() { tcp.ListenGroup(nil, "tcp", "127.0.0.1:0") },
		"nil function": func() {
			g := listenGroup(t, rt, tcp.ListenConfig{})
			g.Serve(nil, nil)
		},
	} {
		func() {
			defer func() {
				if v := recover(); v == nil {
					t.Errorf("%s: no panic", what)
				}
			}()
			f()
		}()
	}
}

// The task of a connection is that of the function that Serve is given.
func TestGroupTasksHaveTheNameOfTheHandler(t *testing.T) {
	rt := nettest.NewRuntimeWith(t, executor.Options{Instrument: true})
	g := listenGroup(t, rt, tcp.ListenConfig{})
	serving := executor.Do(rt, func(co *coro.Co) error { return g.Serve(co, handlesForATest) })
	c, err := net.Dial("tcp", g.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	echoByte(t, c)
	found := false
	for _, s := range rt.Tasks() {
		found = found || strings.HasSuffix(s.Body, "tcp_test.handlesForATest")
	}
	if !found {
		t.Errorf("no task has the name of the handler: %v", rt.Tasks())
	}
	g.Close()
	if err := nettest.Finish(t, serving); err != nil {
		t.Error(err)
	}
}

func handlesForATest(co *coro.Co, conn *tcp.Stream) { sayWorker(co, conn) }
