package tcp_test

import (
	"bytes"
	"io"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
)

// netcat is a peer that shares nothing with us, Debian's netcat-openbsd.
func netcat(tb testing.TB) string {
	tb.Helper()
	path, err := exec.LookPath("nc")
	if err != nil {
		tb.Skip("nc is not installed")
	}
	if help, _ := exec.Command(path, "-h").CombinedOutput(); !bytes.Contains(help, []byte("OpenBSD")) {
		tb.Skip("nc is not the one of OpenBSD")
	}
	return path
}

func TestNetcatTalksToEcho(t *testing.T) {
	nc := netcat(t)
	rt := nettest.NewRuntime(t)
	l := listen(t)
	h := executor.Do(rt, func(co *coro.Co) error {
		s, err := l.Accept(co)
		if err != nil {
			return err
		}
		defer s.Close()
		return directEcho(co, s)
	})
	host, port, _ := net.SplitHostPort(l.Addr().String())
	cmd := exec.Command(nc, "-N", host, port) // -N: half-close at the end of the input
	msg := strings.Repeat("over and over again\n", 20000)
	cmd.Stdin = strings.NewReader(msg)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if string(out) != msg {
		t.Errorf("nc got %d bytes back, sent %d", len(out), len(msg))
	}
	if err := nettest.Finish(t, h); err != nil {
		t.Error(err)
	}
}

func TestDialTalksToNetcat(t *testing.T) {
	nc := netcat(t)
	rt := nettest.NewRuntime(t)
	free, err := tcp.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	free.Close()
	host, port, _ := net.SplitHostPort(free.Addr().String())
	cmd := exec.Command(nc, "-l", "-N", host, port)
	cmd.Stdin = strings.NewReader("from nc\n")
	var out bytes.Buffer
	cmd.Stdout = &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	nettest.Do(t, rt, func(co *coro.Co) error {
		var s *tcp.Stream
		for end := time.Now().Add(nettest.Timeout); ; {
			var err error
			if s, err = tcp.Dial(co, "tcp", net.JoinHostPort(host, port)); err == nil {
				break
			}
			if time.Now().After(end) {
				return err
			}
			if err := coro.Sleep(co, 5*time.Millisecond); err != nil { // until nc listens
				return err
			}
		}
		defer s.Close()
		if _, err := s.Write(co, []byte("to nc\n")); err != nil {
			return err
		}
		// The reply comes first: an nc that listens ends as soon as its network input has ended and its
		// buffers are empty, even if it has yet to read its stdin. -N ends the reply when stdin does.
		var got bytes.Buffer
		if _, err := s.WriteTo(co, bufferWriter{&got}); err != nil {
			return err
		}
		if got.String() != "from nc\n" {
			t.Errorf("got %q", got.String())
		}
		return s.CloseWrite()
	})
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	if out.String() != "to nc\n" {
		t.Errorf("nc got %q", out.String())
	}
}

// bufferWriter is a stream.Writer that never waits.
type bufferWriter struct{ w io.Writer }

func (b bufferWriter) Write(_ *coro.Co, p []byte) (int, error) { return b.w.Write(p) }
