package iocp_test

import (
	"errors"
	"net"
	"testing"
	"time"
	"unsafe"

	"github.com/moduvex/moduvex-go/reactor"
	"github.com/moduvex/moduvex-go/reactor/iocp"
	"golang.org/x/sys/windows"
)

// testTimeout is how long the tests wait for what must happen. It passes only when something is broken.
const testTimeout = 20 * time.Second

// pause is how long the tests wait to check that something does not happen.
const pause = 30 * time.Millisecond

func newPoller(t testing.TB) *iocp.Poller {
	t.Helper()
	p, err := iocp.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil && !errors.Is(err, reactor.ErrClosed) {
			t.Errorf("Close: %v", err)
		}
	})
	return p
}

func listen(t testing.TB) *net.TCPListener {
	t.Helper()
	l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// conn is a connection of the standard library that can also be used without blocking.
type conn struct {
	*net.TCPConn
	fd uintptr
}

// tryRead reads once.
func (c conn) tryRead(b []byte) (int, error) {
	buf := windows.WSABuf{Len: uint32(len(b)), Buf: unsafe.SliceData(b)}
	var n, flags uint32
	err := windows.WSARecv(windows.Handle(c.fd), &buf, 1, &n, &flags, nil, nil)
	return int(n), err
}

// drain reads until would-block or the end.
func (c conn) drain(t testing.TB) int {
	t.Helper()
	b := make([]byte, 4096)
	for sum := 0; ; {
		n, err := c.tryRead(b)
		if err != nil && !errors.Is(err, windows.WSAEWOULDBLOCK) {
			t.Fatal(err)
		}
		if n == 0 {
			return sum
		}
		sum += n
	}
}

func asConn(t testing.TB, c net.Conn) conn {
	t.Helper()
	tc := c.(*net.TCPConn)
	raw, err := tc.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	out := conn{TCPConn: tc}
	if err := raw.Control(func(fd uintptr) { out.fd = fd }); err != nil {
		t.Fatal(err)
	}
	setNonblock(t, windows.Handle(out.fd))
	t.Cleanup(func() { tc.Close() })
	return out
}

func setNonblock(t testing.TB, fd windows.Handle) {
	t.Helper()
	const fionbio = 0x8004667e
	on, n := uint32(1), uint32(0)
	if err := windows.WSAIoctl(fd, fionbio, (*byte)(unsafe.Pointer(&on)), 4, nil, 0, &n, nil, 0); err != nil {
		t.Fatal(err)
	}
}

func pair(t testing.TB) (a, b conn) {
	t.Helper()
	l := listen(t)
	defer l.Close()
	client, err := net.DialTimeout("tcp4", l.Addr().String(), testTimeout)
	if err != nil {
		t.Fatal(err)
	}
	a = asConn(t, client)
	l.SetDeadline(time.Now().Add(testTimeout))
	for {
		server, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		b = asConn(t, server)
		if server.RemoteAddr().String() == client.LocalAddr().String() { // else of another process that dials this port
			return a, b
		}
	}
}

func add(t testing.TB, p *iocp.Poller, fd uintptr, key reactor.Key, interest reactor.Interest, mode reactor.Mode) {
	t.Helper()
	if err := p.Add(fd, key, interest, mode); err != nil {
		t.Fatal(err)
	}
}

func write(t testing.TB, c net.Conn, text string) {
	t.Helper()
	if _, err := c.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
}

// until waits until key has reported all of want.
func until(t testing.TB, p *iocp.Poller, key reactor.Key, want reactor.Readiness) {
	t.Helper()
	var got reactor.Readiness
	for deadline := time.Now().Add(testTimeout); got&want != want; {
		left := time.Until(deadline)
		if left <= 0 {
			t.Fatalf("key %d reported %v, want %v", key, got, want)
		}
		got |= within(t, p, key, left)
	}
}

// within returns what one Wait reports of key.
func within(t testing.TB, p *iocp.Poller, key reactor.Key, d time.Duration) reactor.Readiness {
	t.Helper()
	events, err := p.Wait(nil, d)
	if err != nil {
		t.Fatal(err)
	}
	var got reactor.Readiness
	for _, ev := range events {
		if ev.Key == key {
			got |= ev.Ready
		}
	}
	return got
}

var (
	kernel32              = windows.NewLazySystemDLL("kernel32.dll")
	getProcessHandleCount = kernel32.NewProc("GetProcessHandleCount")
	getHandleInformation  = kernel32.NewProc("GetHandleInformation")
)

// handles counts the handles of this process.
func handles(t testing.TB) uint32 {
	t.Helper()
	var n uint32
	if ok, _, err := getProcessHandleCount.Call(uintptr(windows.CurrentProcess()), uintptr(unsafe.Pointer(&n))); ok == 0 {
		t.Fatal(err)
	}
	return n
}

// missingDriver tries to make a Poller on a device that does not exist.
func missingDriver(t testing.TB) {
	t.Helper()
	if p, err := iocp.NewOver(`\Device\NoSuchDriver\x`); p != nil || err == nil {
		t.Fatal("a Poller without a driver")
	}
}
