package unix_test

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/unix"
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
	cmd := exec.Command(nc, "-N", "-U", l.Addr().String()) // -N: half-close at the end of the input
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
	path := temp(t) + "/s"
	cmd := exec.Command(nc, "-N", "-l", "-U", path)
	cmd.Stdin = strings.NewReader("from nc\n")
	var out bytes.Buffer
	cmd.Stdout = &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	nettest.Do(t, rt, func(co *coro.Co) error {
		var s *unix.Stream
		for end := time.Now().Add(nettest.Timeout); ; {
			var err error
			if s, err = unix.Dial(co, path); err == nil {
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
		if _, err := s.WriteTo(co, writerTo{&got}); err != nil {
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
