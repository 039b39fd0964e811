package tcp_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
	"golang.org/x/sys/unix"
)

// starvedArg makes a process of its own, since it runs out of descriptors.
const starvedArg = "-starved"

func init() { children[starvedArg] = starved }

func TestAcceptRecoversFromRunningOutOfDescriptors(t *testing.T) {
	t.Logf("%s", nettest.RunChild(t, starvedArg))
}

// starved accepts connections of its own while it has no descriptors for them.
func starved() error {
	var told nettest.Log
	rt, err := executor.New(executor.Options{Logger: slog.New(slog.NewTextHandler(&told, nil)), LongPollThreshold: -1})
	if err != nil {
		return err
	}
	defer rt.Close()
	l, err := tcp.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer l.Close()

	// Two connections come while there is room for their own ends only.
	var clients []*tcp.Stream
	dial := executor.Do(rt, func(co *coro.Co) error {
		for range 2 {
			c, err := tcp.Dial(co, "tcp", l.Addr().String())
			if err != nil {
				return err
			}
			clients = append(clients, c)
		}
		return nil
	})
	if _, err := dial.Wait(context.Background()); err != nil {
		return err
	}
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	limit.Cur = 0
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}

	// Three tasks want them, and a fourth is aborted in its pause.
	accepted := make(chan *tcp.Stream, 3)
	accept := func(co *coro.Co) error {
		s, err := l.Accept(co)
		if err == nil {
			accepted <- s
		}
		return err
	}
	var hs []nettest.Handle
	for range 4 {
		hs = append(hs, executor.Do(rt, accept))
	}
	before, cpu := rt.Stats(), cpuTime()
	time.Sleep(500 * time.Millisecond) // the shortage lasts
	after := rt.Stats()
	if n := told.Count(l.Addr().String()); n != 1 || told.Count("too many open files") != 1 {
		return fmt.Errorf("the log was told %d times, want once: %s", n, told.String())
	}
	if state := l.Backoff(); state != "paused" {
		return fmt.Errorf("the listener is %s", state)
	}
	// Seven pauses fit into the time: 5, 10, 20, 40, 80, 160, 320 ms. Each wakes one of the four.
	if polls := after.Polls - before.Polls; polls > 20 {
		return fmt.Errorf("%d polls while nothing could be done", polls)
	}
	fmt.Printf("starved: %d polls, %v of CPU time\n", after.Polls-before.Polls, cpuTime()-cpu)
	hs[3].Abort()
	if _, err := hs[3].Wait(context.Background()); err == nil || len(accepted) != 0 {
		return errors.New("something was accepted")
	}

	// The shortage ends: what is in the backlog is accepted, though nothing new has come.
	limit.Cur = limit.Max
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	begin := time.Now()
	for range 2 {
		select {
		case s := <-accepted:
			s.Close()
		case <-time.After(5 * time.Second):
			return errors.New("the backlog is not accepted after the shortage")
		}
	}
	fmt.Printf("recovered after %v\n", time.Since(begin).Round(time.Millisecond))

	// And all is as before: the third waits for the next connection.
	for end := time.Now().Add(nettest.Timeout); l.Backoff() != "idle"; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			return fmt.Errorf("the listener is %s, with nothing left to accept", l.Backoff())
		}
	}
	dial = executor.Do(rt, func(co *coro.Co) error {
		c, err := tcp.Dial(co, "tcp", l.Addr().String())
		clients = append(clients, c)
		return err
	})
	if _, err := dial.Wait(context.Background()); err != nil {
		return err
	}
	select {
	case s := <-accepted:
		s.Close()
	case <-time.After(5 * time.Second):
		return errors.New("no accept after the recovery")
	}
	for _, c := range clients {
		c.Close()
	}
	return nil
}

func cpuTime() time.Duration {
	var u unix.Rusage
	unix.Getrusage(unix.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func TestBacklogIsTheSystemsMaximum(t *testing.T) {
	text, err := os.ReadFile("/proc/sys/net/core/somaxconn")
	if err != nil {
		t.Skip(err)
	}
	want, _ := strconv.Atoi(strings.TrimSpace(string(text)))
	for _, backlog := range []int{0, 7} {
		lc := tcp.ListenConfig{Backlog: backlog}
		l, err := lc.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		raw, _ := l.SyscallConn()
		raw.Control(func(fd uintptr) {
			info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
			if err != nil {
				t.Fatal(err)
			}
			if backlog != 0 {
				want = backlog
			}
			if int(info.Sacked) != want { // where a listener has its backlog
				t.Errorf("the backlog is %d, want %d", info.Sacked, want)
			}
		})
	}
}
