package tcp_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/stream"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
	"github.com/moduvex/moduvex-go/reactor"
	"golang.org/x/sys/unix"
)

// fill writes until there is no room.
func fill(tb testing.TB, s *tcp.Stream) {
	tb.Helper()
	raw, err := s.SyscallConn()
	if err != nil {
		tb.Fatal(err)
	}
	raw.Control(func(fd uintptr) {
		for err == nil {
			_, err = unix.SendmsgN(int(fd), make([]byte, 64<<10), nil, nil, unix.MSG_DONTWAIT)
		}
	})
	if err != unix.EAGAIN {
		tb.Fatal(err)
	}
}

// An operation that has to wait suspends its task, also on a socket in blocking mode: the worker goes on, and so
// does the garbage collector, which a raw system call that blocks would stop for ever.
//
// Regression: an accept on such a socket stopped the whole process.
func TestNothingBlocksOnASocketInBlockingMode(t *testing.T) {
	if !modetest.First() {
		return
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 64<<10)
	ops := map[string]func(co *coro.Co, s *tcp.Stream) error{
		"Read":         func(co *coro.Co, s *tcp.Stream) error { _, err := s.Read(co, b); return err },
		"ReadBuffers":  func(co *coro.Co, s *tcp.Stream) error { _, err := s.ReadBuffers(co, [][]byte{b, b}); return err },
		"Write":        func(co *coro.Co, s *tcp.Stream) error { _, err := s.Write(co, b); return err },
		"WriteBuffers": func(co *coro.Co, s *tcp.Stream) error { _, err := s.WriteBuffers(co, &net.Buffers{b, b}); return err },
		"Copy from it": func(co *coro.Co, s *tcp.Stream) error { _, err := stream.Copy(co, discard{}, s); return err },
		"PollRead":     polled(func(cx *core.Context, s *tcp.Stream) (bool, error) { _, ok, err := s.PollRead(cx, b); return ok, err }),
		"PollWrite":    polled(func(cx *core.Context, s *tcp.Stream) (bool, error) { _, ok, err := s.PollWrite(cx, b); return ok, err }),
		"PollReadable": polled(func(cx *core.Context, s *tcp.Stream) (bool, error) { return s.PollReadable(cx) }),
		"PollReadBuffers": polled(func(cx *core.Context, s *tcp.Stream) (bool, error) {
			_, ok, err := s.PollReadBuffers(cx, [][]byte{b})
			return ok, err
		}),
		"PollWriteBuffers": polled(func(cx *core.Context, s *tcp.Stream) (bool, error) {
			_, ok, err := s.PollWriteBuffers(cx, &net.Buffers{b})
			return ok, err
		}),
		"SendFile": func(co *coro.Co, s *tcp.Stream) error {
			f, err := os.Open(file)
			if err != nil {
				return err
			}
			defer f.Close()
			_, err = s.SendFile(co, f)
			return err
		},
	}
	for name, op := range ops {
		t.Run(name, func(t *testing.T) {
			rt := nettest.NewRuntime(t)
			s, _ := connect(t, rt)
			fill(t, s)
			makeBlocking(t, s)
			aborted(t, rt, func(co *coro.Co) error { return op(co, s) })
		})
	}
	accepts := map[string]func(co *coro.Co, l *tcp.Listener) error{
		"Accept": func(co *coro.Co, l *tcp.Listener) error { _, err := l.Accept(co); return err },
		"PollAccept": func(co *coro.Co, l *tcp.Listener) error {
			return await(co, &operation{
				poll: func(cx *core.Context) (bool, error) { _, ok, err := l.PollAccept(cx); return ok, err },
				drop: func(w core.Waker) { l.Unwait(w) },
			})
		},
	}
	for name, accept := range accepts {
		t.Run(name, func(t *testing.T) {
			rt := nettest.NewRuntime(t)
			l := listen(t)
			makeBlocking(t, l)
			aborted(t, rt, func(co *coro.Co) error { return accept(co, l) })
		})
	}
}

// aborted runs body, which has to wait, looks whether the worker and the garbage collector go on meanwhile, and
// aborts it.
func aborted(t *testing.T, rt *executor.Runtime, body func(co *coro.Co) error) {
	t.Helper()
	var err error
	h := executor.Do(rt, func(co *coro.Co) error { err = body(co); return err })
	nettest.Do(t, rt, func(*coro.Co) error { return nil })
	nettest.Settle(rt)
	runtime.GC()
	if h.Finished() {
		t.Errorf("it has not waited: %v", err)
	}
	h.Abort()
	if err := nettest.Finish(t, h); !errors.Is(err, core.ErrCancelled) {
		t.Errorf("ended with %v", err)
	}
}

// polled is a body that awaits an operation in poll style.
func polled(poll func(cx *core.Context, s *tcp.Stream) (bool, error)) func(co *coro.Co, s *tcp.Stream) error {
	return func(co *coro.Co, s *tcp.Stream) error {
		return await(co, &operation{
			poll: func(cx *core.Context) (bool, error) { return poll(cx, s) },
			drop: func(w core.Waker) { s.Unwait(w, reactor.Read); s.Unwait(w, reactor.Write) },
		})
	}
}

// discard is a Writer that is no socket.
type discard struct{}

func (discard) Write(_ *coro.Co, b []byte) (int, error) { return len(b), nil }

// Everything arrives, whichever end of a copy is switched to blocking mode in its midst, and however much is on
// its way in a pipe.
func TestCopyGoesOnInBlockingMode(t *testing.T) {
	for name, switched := range map[string]func(from, to *tcp.Stream) *tcp.Stream{
		"source": func(from, _ *tcp.Stream) *tcp.Stream { return from },
		"sink":   func(_, to *tcp.Stream) *tcp.Stream { return to },
	} {
		t.Run(name, func(t *testing.T) {
			rt := nettest.NewRuntime(t)
			from, in := connect(t, rt)
			to, out := connect(t, rt)
			h := executor.Do(rt, func(co *coro.Co) error {
				_, err := stream.Copy(co, to, from)
				to.CloseWrite()
				return err
			})
			msg := random(16 << 20)
			none := openPipes()
			go func() {
				in.Write(msg)
				in.CloseWrite()
			}()
			var got bytes.Buffer
			readToPipe(t, out, &got, none, 8<<20)
			nettest.Settle(rt) // until nothing fits anywhere, the pipe is full as well
			makeBlocking(t, switched(from, to))
			if _, err := io.Copy(&got, out); err != nil {
				t.Error(err)
			}
			if err := nettest.Finish(t, h); err != nil {
				t.Error(err)
			}
			if !bytes.Equal(got.Bytes(), msg) {
				t.Errorf("%d bytes came of %d, or others", got.Len(), len(msg))
			}
		})
	}
}

// A file is sent to a socket in blocking mode by reading and writing, and the position is right afterwards.
func TestSendFileInBlockingMode(t *testing.T) {
	msg := random(4<<20 + 3)
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, msg, 0o600); err != nil {
		t.Fatal(err)
	}
	const limit = 4 << 20
	rt := nettest.NewRuntime(t)
	s, c := connect(t, rt)
	makeBlocking(t, s)
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	h := executor.Do(rt, func(co *coro.Co) error {
		defer s.CloseWrite()
		n, err := s.SendFile(co, io.LimitReader(file, limit))
		if err == nil && n != limit {
			err = io.ErrShortWrite
		}
		return err
	})
	nettest.Settle(rt)
	if got, err := io.ReadAll(c); err != nil || !bytes.Equal(got, msg[:limit]) {
		t.Errorf("%d bytes came, changed or not all, %v", len(got), err)
	}
	if err := nettest.Finish(t, h); err != nil {
		t.Error(err)
	}
	if pos, _ := file.Seek(0, io.SeekCurrent); pos != limit {
		t.Errorf("the file is at %d", pos)
	}
}

// A Control function that leaves the socket in blocking mode does not make the connect block.
func TestDialAfterControlMadeTheSocketBlocking(t *testing.T) {
	rt := nettest.NewRuntime(t)
	hole := blackHole(t, "127.0.0.1")
	d := tcp.Dialer{Control: func(_, _ string, c syscall.RawConn) (err error) {
		cerr := c.Control(func(fd uintptr) { err = unix.SetNonblock(int(fd), false) })
		return errors.Join(err, cerr)
	}}
	aborted(t, rt, func(co *coro.Co) error {
		_, err := d.Dial(co, "tcp", hole.String())
		return err
	})
}

// How many probes there are is set, also if it is one, unless it is left to the system.
func TestKeepAliveCount(t *testing.T) {
	rt := nettest.NewRuntime(t)
	s, _ := connect(t, rt)
	count := func() (n int) {
		raw, err := s.SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		raw.Control(func(fd uintptr) { n, err = unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_KEEPCNT) })
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := count()
	for _, c := range []struct{ set, want int }{{-1, before}, {1, 1}, {0, 9}, {-1, 9}} {
		if err := s.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true, Idle: -1, Interval: -1, Count: c.set}); err != nil {
			t.Error(err)
		}
		if n := count(); n != c.want {
			t.Errorf("after a count of %d there are %d probes, want %d", c.set, n, c.want)
		}
	}
}
