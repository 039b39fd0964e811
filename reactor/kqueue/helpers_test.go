//go:build unix

package kqueue_test

import (
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/reactor"
	"github.com/moduvex/moduvex-go/reactor/kqueue"
	"golang.org/x/sys/unix"
)

// pause is how long a test waits to check that something does not happen.
const pause = 20 * time.Millisecond

// testTimeout is how long a test waits for what must happen. It passes only when something is broken.
const testTimeout = 20 * time.Second

var modes = []reactor.Mode{reactor.Level, reactor.Edge, reactor.OneShot}

func pipe(t testing.TB) (rd, wr int) {
	t.Helper()
	var fds [2]int
	if err := unix.Pipe(fds[:]); err != nil {
		t.Fatal(err)
	}
	for _, fd := range fds {
		t.Cleanup(func() { unix.Close(fd) })
		if err := unix.SetNonblock(fd, true); err != nil {
			t.Fatal(err)
		}
	}
	return fds[0], fds[1]
}

func socketPair(t testing.TB) (a, b int) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range fds {
		t.Cleanup(func() { unix.Close(fd) })
		if err := unix.SetNonblock(fd, true); err != nil {
			t.Fatal(err)
		}
	}
	return fds[0], fds[1]
}

func add(t testing.TB, p *kqueue.Poller, fd int, key reactor.Key, interest reactor.Interest, mode reactor.Mode) {
	t.Helper()
	if err := p.Add(uintptr(fd), key, interest, mode); err != nil {
		t.Fatal(err)
	}
}

func wait(t testing.TB, p *kqueue.Poller, timeout time.Duration) []reactor.Event {
	t.Helper()
	events, err := p.Wait(nil, timeout)
	if err != nil {
		t.Fatal(err)
	}
	return events
}

// waitFor waits for one Event and checks it.
func waitFor(t testing.TB, p *kqueue.Poller, key reactor.Key, ready reactor.Readiness) {
	t.Helper()
	events := wait(t, p, testTimeout)
	if len(events) != 1 || events[0] != (reactor.Event{Key: key, Ready: ready}) {
		t.Fatalf("events %v, want one of key %d: %v", events, key, ready)
	}
}

func silent(t testing.TB, p *kqueue.Poller) {
	t.Helper()
	if events := wait(t, p, pause); len(events) != 0 {
		t.Fatalf("events %v, want none", events)
	}
}
