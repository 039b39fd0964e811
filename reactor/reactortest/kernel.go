package reactortest

import (
	"errors"
	"io"
	"net"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/reactor"
)

// The tests that need a real system under the Poller.
var kernelCases = []testCase{
	{"one source in two Pollers", testTwoPollers},
	{"a number that no descriptor can have is not registered", testImpossibleDescriptor},
	{"an accepted connection makes the listener ready", testAccept},
	{"a refused connect is reported and its error can be read", testConnectRefused},
	{"a connect that succeeds makes writing ready", testConnect},
	{"a reset by the peer is reported", testReset},
	{"an empty datagram is reported", testEmptyDatagram},
	{"a refused datagram is reported and heals", testRefusedDatagram},
	{"urgent data is reported as Priority", testPriority},
	{"a short read stops at urgent data", testShortReadAtUrgentData},
	{"a pipe whose writer is gone is reported", testPipeWriterGone},
	{"a pipe whose reader is gone is reported", testPipeReaderGone},
	{"a signal is no event", testSignals},
	{"a closed and reused descriptor gets no stale event", testReuse},
	{"no descriptor is left behind", testDescriptorLeak},
}

// tcpStream is a Stream over a connection of the standard library.
type tcpStream struct {
	*net.TCPConn
	fd  uintptr
	raw syscall.RawConn
}

func (s *tcpStream) FD() uintptr                 { return s.fd }
func (s *tcpStream) Read(b []byte) (int, error)  { return tryRead(s.TCPConn, s.raw, b) }
func (s *tcpStream) Write(b []byte) (int, error) { return tryWrite(s.TCPConn, s.raw, b) }

func (s *tcpStream) Close() error {
	if err := s.TCPConn.Close(); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

func streamOf(t testing.TB, c net.Conn) *tcpStream {
	t.Helper()
	tc := c.(*net.TCPConn)
	s := &tcpStream{TCPConn: tc, fd: fdOf(t, tc), raw: rawOf(t, tc)}
	if err := prepare(s.fd); err != nil {
		t.Fatal(err)
	}
	return s
}

func rawOf(t testing.TB, c syscall.Conn) syscall.RawConn {
	t.Helper()
	raw, err := c.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func fdOf(t testing.TB, c syscall.Conn) (fd uintptr) {
	t.Helper()
	if err := rawOf(t, c).Control(func(x uintptr) { fd = x }); err != nil {
		t.Fatal(err)
	}
	return fd
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

// tcpPair is the Pairs of the suite on a real system.
func tcpPair(t testing.TB, _ reactor.Poller) (a, b Stream) {
	t.Helper()
	l := listen(t)
	defer l.Close()
	client, err := net.DialTimeout("tcp4", l.Addr().String(), testTimeout)
	if err != nil {
		t.Fatal(err)
	}
	l.SetDeadline(time.Now().Add(testTimeout))
	server, err := acceptFrom(l, client)
	if err != nil {
		client.Close()
		t.Fatal(err)
	}
	return streamOf(t, client), streamOf(t, server)
}

// acceptFrom accepts client. The system may have given l a port that another process still dials: its connections are
// closed.
func acceptFrom(l net.Listener, client net.Conn) (net.Conn, error) {
	for {
		server, err := l.Accept()
		if err != nil || server.RemoteAddr().String() == client.LocalAddr().String() {
			return server, err
		}
		server.Close()
	}
}

func testTwoPollers(t *testing.T, s *suite) {
	r1, r2 := s.rig(t), s.rig(t)
	a, b := r1.pair()
	r1.add(a.FD(), 1, reactor.Readable, reactor.Level)
	r2.add(a.FD(), 2, reactor.Readable|reactor.Writable, reactor.Edge)
	r2.until(2, reactor.WriteReady)
	r1.write(b, "x")
	r1.until(1, reactor.ReadReady)
	r2.until(2, reactor.ReadReady)
	r2.delete(a.FD())
	r1.until(1, reactor.ReadReady)
}

func testAccept(t *testing.T, s *suite) {
	for _, mode := range allModes {
		r := s.rig(t)
		l := listen(t)
		fd := fdOf(t, l)
		r.add(fd, 7, reactor.Readable, mode)
		r.silent(7, everything, someSpurious)
		c, err := net.DialTimeout("tcp4", l.Addr().String(), testTimeout)
		if err != nil {
			t.Fatal(err)
		}
		r.until(7, reactor.ReadReady)
		r.delete(fd)
		c.Close()
	}
}

// freePort returns an address on which no socket listens.
func freePort(t testing.TB) *net.TCPAddr {
	t.Helper()
	l := listen(t)
	defer l.Close()
	return l.Addr().(*net.TCPAddr)
}

func testConnectRefused(t *testing.T, s *suite) {
	for _, mode := range allModes {
		r := s.rig(t)
		fd, closeFD := startConnect(t, freePort(t))
		r.add(fd, 7, reactor.Readable|reactor.Writable, mode)
		r.untilAllows(7, reactor.Write)
		if err := socketError(fd); err == nil {
			t.Errorf("%v: no error to be had from a refused connect", mode)
		}
		r.delete(fd)
		closeFD()
	}
}

func testConnect(t *testing.T, s *suite) {
	r := s.rig(t)
	l := listen(t)
	fd, closeFD := startConnect(t, l.Addr().(*net.TCPAddr))
	defer closeFD()
	r.add(fd, 7, reactor.Readable|reactor.Writable, reactor.Edge)
	r.until(7, reactor.WriteReady)
	if err := socketError(fd); err != nil {
		t.Errorf("connect: %v", err)
	}
	r.delete(fd)
}

func testReset(t *testing.T, s *suite) {
	for _, mode := range allModes {
		for _, interest := range []reactor.Interest{0, reactor.Readable, reactor.Writable} {
			r := s.rig(t)
			a, b := r.pair()
			r.add(a.FD(), 7, interest, mode)
			if interest == reactor.Writable {
				r.until(7, reactor.WriteReady)
				r.modify(a.FD(), 7, 0, mode)
			}
			b.(*tcpStream).SetLinger(0)
			b.Close()
			got := r.until(7, 0) | r.untilAllows(7, reactor.Read)
			if got&(reactor.ErrorReady|reactor.ReadClosed|reactor.WriteClosed) == 0 {
				t.Errorf("%v, %v: a reset reported as %v", mode, interest, got)
			}
			if _, err := a.Read(make([]byte, 8)); err == nil || errors.Is(err, io.EOF) || errors.Is(err, ErrWouldBlock) {
				t.Errorf("%v, %v: read after a reset: %v", mode, interest, err)
			}
		}
	}
}

// datagrams is a UDP socket of 127.0.0.1. Its operations do not block.
type datagrams interface {
	FD() uintptr
	Port() int
	Read(b []byte) (int, error)
	Write(b []byte) (int, error)
	Close() error
}

// datagramPair returns two sockets; the second sends to the first.
func datagramPair(t testing.TB) (a, b datagrams) {
	t.Helper()
	a, err := openDatagrams(0, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	b, err = openDatagrams(0, a.Port())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return a, b
}

func testEmptyDatagram(t *testing.T, s *suite) {
	r := s.rig(t)
	a, b := datagramPair(t)
	r.add(a.FD(), 7, reactor.Readable, reactor.Edge)
	r.silent(7, everything, someSpurious)
	if _, err := b.Write(nil); err != nil {
		t.Fatal(err)
	}
	if got := r.until(7, reactor.ReadReady); got&reactor.ReadClosed != 0 {
		t.Errorf("an empty datagram reported as %v", got)
	}
	if n, err := a.Read(make([]byte, 8)); n != 0 || err != nil {
		t.Errorf("read: %d, %v", n, err)
	}
	r.delete(a.FD())
}

// After the error of one datagram the socket still works, and so must its registration.
func testRefusedDatagram(t *testing.T, s *suite) {
	p := s.rig(t).p
	re := reactor.New(p)
	a, b := datagramPair(t)
	port := a.Port()
	a.Close()
	g, err := re.Register(b.FD(), reactor.Readable|reactor.Writable)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Deregister()
	if _, err := b.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 8)
	refused := false
	read := func() (int, error) {
		w := newBell()
		for {
			ev, ok := g.PollReady(w, reactor.Read)
			if !ok {
				return 0, ErrWouldBlock
			}
			n, err := b.Read(buf)
			if !errors.Is(err, ErrWouldBlock) {
				return n, err
			}
			g.ClearReady(ev, reactor.Read)
		}
	}
	waitAndWake := func() {
		wakers, err := re.Wait(pause, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range wakers {
			w.Wake()
		}
	}
	for deadline := time.Now().Add(testTimeout / 10); !refused && time.Now().Before(deadline); waitAndWake() {
		if _, err := read(); err != nil && !errors.Is(err, ErrWouldBlock) {
			refused = true
		}
	}
	if !refused {
		if runtime.GOOS == "linux" || runtime.GOOS == "windows" {
			t.Fatal("a refused datagram was not reported")
		}
		t.Skip("this system does not report refused datagrams")
	}
	for range 5 { // the Poller reports no more of it
		waitAndWake()
		if _, err := read(); !errors.Is(err, ErrWouldBlock) {
			t.Fatalf("read: %v, want would-block", err)
		}
	}
	a, err = openDatagrams(port, b.Port())
	if err != nil {
		t.Skipf("the port is gone: %v", err)
	}
	defer a.Close()
	if _, err := a.Write([]byte("y")); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(testTimeout); ; waitAndWake() {
		n, err := read()
		if n == 1 && err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the socket did not heal: %v", err)
		}
	}
}

// bell is a Waker for whose wake a goroutine can wait.
type bell chan struct{}

func newBell() bell { return make(bell, 1) }

func (b bell) Wake() {
	select {
	case b <- struct{}{}:
	default:
	}
}
