package reactortest

import (
	"errors"
	"io"
	"net"
	"sync"
	"syscall"
	"testing"
	"unsafe"
)

const (
	fionbio        = 0x8004667e
	soError        = 0x1007
	msgOOB         = 1
	wsaeWouldBlock = syscall.Errno(10035)
)

// prepare makes the standard library's sockets non-blocking for the functions below. It does not affect the library's
// own operations, which are overlapped.
func prepare(fd uintptr) error {
	on := uint32(1)
	var n uint32
	return syscall.WSAIoctl(syscall.Handle(fd), fionbio, (*byte)(unsafe.Pointer(&on)), 4, nil, 0, &n, nil, 0)
}

func tryRead(_ net.Conn, raw syscall.RawConn, b []byte) (n int, err error) {
	cerr := raw.Control(func(fd uintptr) { n, err = receive(fd, b, 0) })
	switch {
	case cerr != nil:
		return 0, cerr
	case err == nil && n == 0 && len(b) != 0:
		return 0, io.EOF
	}
	return n, err
}

func tryWrite(_ net.Conn, raw syscall.RawConn, b []byte) (n int, err error) {
	if cerr := raw.Control(func(fd uintptr) { n, err = send(fd, b, 0) }); cerr != nil {
		return 0, cerr
	}
	return n, err
}

func receive(fd uintptr, b []byte, flags uint32) (int, error) {
	buf := syscall.WSABuf{Len: uint32(len(b)), Buf: unsafe.SliceData(b)}
	var n uint32
	err := syscall.WSARecv(syscall.Handle(fd), &buf, 1, &n, &flags, nil, nil)
	return int(n), orWouldBlock(err)
}

func send(fd uintptr, b []byte, flags uint32) (int, error) {
	buf := syscall.WSABuf{Len: uint32(len(b)), Buf: unsafe.SliceData(b)}
	var n uint32
	err := syscall.WSASend(syscall.Handle(fd), &buf, 1, &n, flags, nil, nil)
	return int(n), orWouldBlock(err)
}

func orWouldBlock(err error) error {
	if errors.Is(err, wsaeWouldBlock) {
		return ErrWouldBlock
	}
	return err
}

// startSockets starts Windows' sockets. The standard library starts them when it makes its first socket.
var startSockets = sync.OnceValue(func() error {
	var data syscall.WSAData
	return syscall.WSAStartup(0x202, &data)
})

func newSocket(kind int) (syscall.Handle, error) {
	if err := startSockets(); err != nil {
		return 0, err
	}
	s, err := syscall.Socket(syscall.AF_INET, kind, 0)
	if err != nil {
		return 0, err
	}
	if err := prepare(uintptr(s)); err != nil {
		syscall.Closesocket(s)
		return 0, err
	}
	return s, nil
}

func loopback(port int) *syscall.SockaddrInet4 {
	return &syscall.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}}
}

// startConnect returns a socket whose connect is in progress or has completed.
func startConnect(t testing.TB, to *net.TCPAddr) (fd uintptr, closeFD func()) {
	t.Helper()
	s, err := newSocket(syscall.SOCK_STREAM)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Connect(s, loopback(to.Port)); err != nil && !errors.Is(err, wsaeWouldBlock) {
		syscall.Closesocket(s)
		t.Fatal(err)
	}
	return uintptr(s), func() { syscall.Closesocket(s) }
}

// socketError returns the error pending on a socket, and clears it.
func socketError(fd uintptr) error {
	n, err := syscall.GetsockoptInt(syscall.Handle(fd), syscall.SOL_SOCKET, soError)
	if err != nil {
		return err
	}
	if n != 0 {
		return syscall.Errno(n)
	}
	return nil
}

// udpSocket implements datagrams with the system's calls.
type udpSocket struct {
	s      syscall.Handle
	closed bool
}

// openDatagrams binds port, or any port if it is 0, and connects to the port to, unless that is 0.
func openDatagrams(port, to int) (datagrams, error) {
	s, err := newSocket(syscall.SOCK_DGRAM)
	if err != nil {
		return nil, err
	}
	if err = syscall.Bind(s, loopback(port)); err == nil && to != 0 {
		err = syscall.Connect(s, loopback(to))
	}
	if err != nil {
		syscall.Closesocket(s)
		return nil, err
	}
	return &udpSocket{s: s}, nil
}

func (s *udpSocket) FD() uintptr                 { return uintptr(s.s) }
func (s *udpSocket) Read(b []byte) (int, error)  { return receive(uintptr(s.s), b, 0) }
func (s *udpSocket) Write(b []byte) (int, error) { return send(uintptr(s.s), b, 0) }

func (s *udpSocket) Port() int {
	sa, err := syscall.Getsockname(s.s)
	if err != nil {
		return 0
	}
	return sa.(*syscall.SockaddrInet4).Port
}

func (s *udpSocket) Close() error {
	if s.closed {
		return nil
	}
	s.closed = true
	return syscall.Closesocket(s.s)
}

// sendUrgent sends one byte of urgent data.
func sendUrgent(t testing.TB, s Stream, b byte) {
	t.Helper()
	if _, err := send(s.FD(), []byte{b}, msgOOB); err != nil {
		t.Fatal(err)
	}
}

// receiveUrgent reads a byte of urgent data.
func receiveUrgent(s Stream) (byte, error) {
	var b [8]byte
	n, err := receive(s.FD(), b[:], msgOOB)
	if err == nil && n != 1 {
		err = io.ErrUnexpectedEOF
	}
	return b[0], err
}

// rawPair returns two non-blocking sockets, which the caller owns. The first reads what is written to the second.
func rawPair() (rd, wr uintptr, err error) {
	a, err := openDatagrams(0, 0)
	if err != nil {
		return 0, 0, err
	}
	b, err := openDatagrams(0, a.Port())
	if err != nil {
		a.Close()
		return 0, 0, err
	}
	return a.FD(), b.FD(), nil
}

func rawWrite(fd uintptr, text string) error {
	_, err := send(fd, []byte(text), 0)
	return err
}

func rawClose(fd uintptr) error { return syscall.Closesocket(syscall.Handle(fd)) }

var getProcessHandleCount = syscall.NewLazyDLL("kernel32.dll").NewProc("GetProcessHandleCount")

// countDescriptors counts handles of every kind: sockets, ports, events.
func countDescriptors() (int, error) {
	self, err := syscall.GetCurrentProcess()
	if err != nil {
		return 0, err
	}
	var n uint32
	if ok, _, err := getProcessHandleCount.Call(uintptr(self), uintptr(unsafe.Pointer(&n))); ok == 0 {
		return 0, err
	}
	return int(n), nil
}

func descriptorLimit() int { return 1 << 20 }

func testPipeWriterGone(t *testing.T, _ *suite) { t.Skip("only sockets can be polled on Windows") }
func testPipeReaderGone(t *testing.T, _ *suite) { t.Skip("only sockets can be polled on Windows") }
