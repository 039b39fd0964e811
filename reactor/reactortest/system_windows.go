package reactortest

import (
	"errors"
	"net"
	"os"
	"syscall"
	"testing"
	"time"
)

// grace is how long an operation may take before it counts as would-block. The standard library's
// sockets on Windows have no non-blocking operations, only ones with a deadline.
const grace = 5 * time.Millisecond

func tryRead(c net.Conn, _ syscall.RawConn, b []byte) (int, error) {
	c.SetReadDeadline(time.Now().Add(grace))
	n, err := c.Read(b)
	return n, orWouldBlock(n, err)
}

func tryWrite(c net.Conn, _ syscall.RawConn, b []byte) (int, error) {
	c.SetWriteDeadline(time.Now().Add(grace))
	n, err := c.Write(b)
	return n, orWouldBlock(n, err)
}

func orWouldBlock(n int, err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		if n > 0 {
			return nil
		}
		return ErrWouldBlock
	}
	return err
}

func startConnect(t testing.TB, _ *net.TCPAddr) (fd uintptr, closeFD func()) {
	t.Helper()
	t.Skip("needs a non-blocking connect: the backend's own tests have it")
	return 0, nil
}

func socketError(uintptr) error { return errors.ErrUnsupported }

func descriptorLimit() int { return 1 << 20 }

func testPriority(t *testing.T, _ *suite)              { t.Skip("needs urgent data") }
func testShortReadAtUrgentData(t *testing.T, _ *suite) { t.Skip("needs urgent data") }
func testPipeWriterGone(t *testing.T, _ *suite)        { t.Skip("pipes cannot be polled") }
func testPipeReaderGone(t *testing.T, _ *suite)        { t.Skip("pipes cannot be polled") }
func testReuse(t *testing.T, _ *suite)                 { t.Skip("handles are not reused in order") }
