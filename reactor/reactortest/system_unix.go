//go:build unix

package reactortest

import (
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
)

// prepare has nothing to do here: the standard library's sockets are non-blocking.
func prepare(uintptr) error { return nil }

// tryRead reads once without waiting. A datagram socket has no end of the stream: a read of no bytes without an error is
// an empty datagram there.
func tryRead(c net.Conn, raw syscall.RawConn, b []byte) (n int, err error) {
	cerr := raw.Read(func(fd uintptr) bool {
		for {
			n, err = syscall.Read(int(fd), b)
			if err != syscall.EINTR {
				return true
			}
		}
	})
	_, stream := c.(*net.TCPConn)
	switch {
	case cerr != nil:
		return 0, cerr
	case errors.Is(err, syscall.EAGAIN):
		return 0, ErrWouldBlock
	case err != nil:
		return 0, err
	case n == 0 && stream && len(b) != 0:
		return 0, io.EOF
	}
	return n, nil
}

// tryWrite writes once without waiting.
func tryWrite(_ net.Conn, raw syscall.RawConn, b []byte) (n int, err error) {
	cerr := raw.Write(func(fd uintptr) bool {
		for {
			n, err = syscall.Write(int(fd), b)
			if err != syscall.EINTR {
				return true
			}
		}
	})
	switch {
	case cerr != nil:
		return 0, cerr
	case errors.Is(err, syscall.EAGAIN):
		return 0, ErrWouldBlock
	case err != nil:
		return 0, err
	}
	return n, nil
}

// newSocket returns a non-blocking, close-on-exec TCP socket. The lock blocks forks of other goroutines until
// close-on-exec is set.
func newSocket() (int, error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		return -1, err
	}
	syscall.CloseOnExec(fd)
	return fd, syscall.SetNonblock(fd, true)
}

// startConnect returns a socket whose connect is in progress or has completed.
func startConnect(t testing.TB, to *net.TCPAddr) (fd uintptr, closeFD func()) {
	t.Helper()
	s, err := newSocket()
	if err != nil {
		t.Fatal(err)
	}
	sa := &syscall.SockaddrInet4{Port: to.Port, Addr: [4]byte(to.IP.To4())}
	err = syscall.Connect(s, sa)
	if errors.Is(err, syscall.ECONNREFUSED) { // some systems refuse at once, and then there is nothing to poll
		syscall.Close(s)
		t.Skip("connect was refused at once")
	}
	if err != nil && !errors.Is(err, syscall.EINPROGRESS) {
		syscall.Close(s)
		t.Fatal(err)
	}
	return uintptr(s), func() { syscall.Close(s) }
}

// socketError returns the error pending on a socket, and clears it.
func socketError(fd uintptr) error {
	n, err := syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_ERROR)
	if err != nil {
		return err
	}
	if n != 0 {
		return syscall.Errno(n)
	}
	return nil
}

// udpSocket implements datagrams with a connection of the standard library.
type udpSocket struct {
	*net.UDPConn
	raw syscall.RawConn
	fd  uintptr
}

// openDatagrams binds port, or any port if it is 0, and connects to the port to, unless that is 0.
func openDatagrams(port, to int) (datagrams, error) {
	at := func(port int) *net.UDPAddr { return &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port} }
	var c *net.UDPConn
	var err error
	if to == 0 {
		c, err = net.ListenUDP("udp4", at(port))
	} else {
		c, err = net.DialUDP("udp4", at(port), at(to))
	}
	if err != nil {
		return nil, err
	}
	s := &udpSocket{UDPConn: c}
	if s.raw, err = c.SyscallConn(); err == nil {
		err = s.raw.Control(func(fd uintptr) { s.fd = fd })
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	return s, nil
}

func (s *udpSocket) FD() uintptr                { return s.fd }
func (s *udpSocket) Port() int                  { return s.LocalAddr().(*net.UDPAddr).Port }
func (s *udpSocket) Read(b []byte) (int, error) { return tryRead(s.UDPConn, s.raw, b) }

// sendUrgent sends one byte of urgent data.
func sendUrgent(t testing.TB, s Stream, b byte) {
	t.Helper()
	if err := syscall.Sendto(int(s.FD()), []byte{b}, syscall.MSG_OOB, nil); err != nil {
		t.Skipf("no urgent data: %v", err)
	}
}

// receiveUrgent reads a byte of urgent data.
func receiveUrgent(s Stream) (byte, error) {
	var b [8]byte
	n, _, err := syscall.Recvfrom(int(s.FD()), b[:], syscall.MSG_OOB)
	if err == nil && n != 1 {
		err = io.ErrUnexpectedEOF
	}
	return b[0], err
}

// rawPair returns two non-blocking descriptors, which the caller owns. The first reads what is written to the second.
func rawPair() (rd, wr uintptr, err error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	var fds [2]int
	if err := syscall.Pipe(fds[:]); err != nil {
		return 0, 0, err
	}
	for _, fd := range fds {
		syscall.CloseOnExec(fd)
		if err := syscall.SetNonblock(fd, true); err != nil {
			return 0, 0, err
		}
	}
	return uintptr(fds[0]), uintptr(fds[1]), nil
}

func rawWrite(fd uintptr, text string) error {
	_, err := syscall.Write(int(fd), []byte(text))
	return err
}

func rawClose(fd uintptr) error { return syscall.Close(int(fd)) }

func descriptorLimit() int {
	var lim syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &lim); err != nil {
		return 256
	}
	return int(min(uint64(lim.Cur), 1<<20))
}
