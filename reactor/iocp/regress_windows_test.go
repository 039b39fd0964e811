package iocp_test

import (
	"errors"
	"net"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/reactor"
	"golang.org/x/sys/windows"
)

// Regression: a wait was limited to about a thousand sockets.
func TestThereIsNoLimitOnSockets(t *testing.T) {
	p := newPoller(t)
	const n = 1500
	conns := make([][2]conn, n)
	for i := range conns {
		conns[i][0], conns[i][1] = pair(t)
		add(t, p, conns[i][0].fd, reactor.Key(i), reactor.Readable, reactor.Edge)
	}
	within(t, p, 0, 0)
	if p.Polls() != n {
		t.Fatalf("%d polls for %d sockets", p.Polls(), n)
	}
	for _, i := range []int{0, n / 2, n - 1} { // the last one as well as the first
		write(t, conns[i][1], "x")
		until(t, p, reactor.Key(i), reactor.ReadReady)
	}
}

// Regression: a Notify could not end a wait that had begun.
func TestAWaitForSocketsCanBeWoken(t *testing.T) {
	p := newPoller(t)
	a, _ := pair(t)
	add(t, p, a.fd, 1, reactor.Readable, reactor.Level)
	for range 20 {
		done := make(chan error)
		go func() {
			events, err := p.Wait(nil, -1)
			if len(events) != 0 {
				t.Errorf("events %v", events)
			}
			done <- err
		}()
		if err := p.Notify(); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
		case <-time.After(testTimeout):
			t.Fatal("the Wait was not woken")
		}
	}
}

// Regression: a Delete could block, and dropped events of other sockets.
func TestDeleteNeitherBlocksNorSwallowsEvents(t *testing.T) {
	p := newPoller(t)
	const n = 40
	conns := make([][2]conn, n)
	for i := range conns {
		conns[i][0], conns[i][1] = pair(t)
		add(t, p, conns[i][0].fd, reactor.Key(i), reactor.Readable, reactor.Edge)
	}
	within(t, p, 0, 0)
	for _, c := range conns {
		write(t, c[1], "x")
	}
	for i := 0; i < n; i += 2 { // no Wait is in progress
		if err := p.Delete(conns[i][0].fd); err != nil {
			t.Fatal(err)
		}
	}
	seen := make(map[reactor.Key]bool)
	for deadline := time.Now().Add(testTimeout); len(seen) < n/2; {
		events, err := p.Wait(nil, time.Until(deadline))
		if err != nil || len(events) == 0 {
			t.Fatalf("%d of %d were reported; %v", len(seen), n/2, err)
		}
		for _, ev := range events {
			if ev.Key%2 == 0 {
				t.Fatalf("deleted socket %d reported %v", ev.Key, ev.Ready)
			}
			seen[ev.Key] = true
		}
	}
}

const soError = 0x1007

// Regression: a connect that failed could be taken for one that succeeded.
func TestAFailedConnectIsAnError(t *testing.T) {
	l := listen(t)
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	p := newPoller(t)
	fd, err := windows.WSASocket(windows.AF_INET, windows.SOCK_STREAM, windows.IPPROTO_TCP, nil, 0,
		windows.WSA_FLAG_OVERLAPPED|windows.WSA_FLAG_NO_HANDLE_INHERIT)
	if err != nil {
		t.Fatal(err)
	}
	defer windows.Closesocket(fd)
	setNonblock(t, fd)
	err = windows.Connect(fd, &windows.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}})
	if err != nil && !errors.Is(err, windows.WSAEWOULDBLOCK) {
		t.Fatal(err)
	}
	add(t, p, uintptr(fd), 1, reactor.Writable, reactor.Edge)
	until(t, p, 1, reactor.ErrorReady)
	if n, err := windows.GetsockoptInt(fd, windows.SOL_SOCKET, soError); n != int(windows.WSAECONNREFUSED) || err != nil {
		t.Errorf("the error is %d, %v; want WSAECONNREFUSED", n, err)
	}
	if err := p.Delete(uintptr(fd)); err != nil {
		t.Fatal(err)
	}
}

// Regression: handles leaked on error paths.
func TestAFailedNewOrAddLeavesNothingBehind(t *testing.T) {
	p := newPoller(t)
	a, _ := pair(t)
	add(t, p, a.fd, 1, reactor.Readable, reactor.Edge)
	before := handles(t)
	for range 50 {
		if err := p.Add(a.fd, 2, reactor.Readable, reactor.Edge); !errors.Is(err, reactor.ErrExists) {
			t.Fatal(err)
		}
		if err := p.Add(a.fd|1<<20, 2, reactor.Readable, reactor.Edge); err == nil {
			t.Fatal("no error")
		}
		missingDriver(t)
	}
	if after := handles(t); after > before {
		t.Errorf("%d handles before, %d after", before, after)
	}
	if taken, groups := p.Slots(); taken != 1 || groups != 1 {
		t.Errorf("%d slots, %d groups", taken, groups)
	}
}
