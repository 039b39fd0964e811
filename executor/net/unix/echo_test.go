package unix_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/unix"
)

func random(n int) []byte {
	b := make([]byte, n)
	r := rand.NewChaCha8([32]byte{byte(n)})
	r.Read(b)
	return b
}

// pollEcho sends back what it reads until the end, in poll style.
type pollEcho struct {
	s   *unix.Stream
	buf []byte
	out []byte
}

func (e *pollEcho) Poll(cx *core.Context) (error, bool) {
	for {
		for len(e.out) > 0 {
			n, ready, err := e.s.PollWrite(cx, e.out)
			if !ready || err != nil {
				return err, ready
			}
			e.out = e.out[n:]
		}
		n, ready, err := e.s.PollRead(cx, e.buf)
		switch {
		case !ready:
			return nil, false
		case err == io.EOF:
			return e.s.CloseWrite(), true
		case err != nil:
			return err, true
		}
		e.out = e.buf[:n]
	}
}

func (e *pollEcho) Drop() { e.s.Close() }

func directEcho(co *coro.Co, s *unix.Stream) error {
	if _, err := s.WriteTo(co, s); err != nil {
		return err
	}
	return s.CloseWrite()
}

// connect makes a connection between a Stream and a net.UnixConn.
func connect(tb testing.TB, rt *executor.Runtime) (*unix.Stream, *net.UnixConn) {
	tb.Helper()
	l := listen(tb)
	defer l.Close()
	c, err := net.DialUnix("unix", nil, l.Addr().(*net.UnixAddr))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { c.Close() })
	var s *unix.Stream
	nettest.Do(tb, rt, func(co *coro.Co) (err error) {
		s, err = l.Accept(co)
		return err
	})
	tb.Cleanup(func() { s.Close() })
	c.SetDeadline(time.Now().Add(nettest.Timeout))
	return s, c
}

func TestEcho(t *testing.T) {
	for _, style := range []string{"direct", "poll"} {
		t.Run(style, func(t *testing.T) {
			rt := nettest.NewRuntime(t)
			s, c := connect(t, rt)
			var h nettest.Handle
			if style == "direct" {
				h = executor.Do(rt, func(co *coro.Co) error { return directEcho(co, s) })
			} else {
				p := executor.Spawn[error](rt, &pollEcho{s: s, buf: make([]byte, 4096)})
				h = executor.Do(rt, func(co *coro.Co) error {
					err, jerr := p.Join(co)
					return errors.Join(err, jerr)
				})
			}
			for _, size := range []int{1, 4095, 4096, 4097, 2 << 20} {
				msg := random(size)
				go c.Write(msg)
				got := make([]byte, size)
				if _, err := io.ReadFull(c, got); err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(got, msg) {
					t.Fatalf("%d bytes came back changed", size)
				}
			}
			c.CloseWrite()
			if rest, err := io.ReadAll(c); err != nil || len(rest) != 0 {
				t.Errorf("after the end: %q, %v", rest, err)
			}
			if err := nettest.Finish(t, h); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestDialTalksToStandardListener(t *testing.T) {
	rt := nettest.NewRuntime(t)
	path := temp(t) + "/s"
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	nettest.Do(t, rt, func(co *coro.Co) error {
		s, err := unix.Dial(co, path)
		if err != nil {
			return err
		}
		defer s.Close()
		c, err := l.Accept()
		if err != nil {
			return err
		}
		defer c.Close()
		if s.RemoteAddr().String() != path || s.LocalAddr().String() != "" {
			t.Errorf("from %q to %q", s.LocalAddr(), s.RemoteAddr())
		}
		if _, err := s.Write(co, []byte("hello")); err != nil {
			return err
		}
		buf := make([]byte, 10)
		if n, err := c.Read(buf); string(buf[:n]) != "hello" || err != nil {
			return fmt.Errorf("it read %q, %w", buf[:n], err)
		}
		c.Write([]byte("hi"))
		return want(co, s, "hi")
	})
}
