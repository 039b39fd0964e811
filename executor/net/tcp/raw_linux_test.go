package tcp_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"unsafe"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
	"golang.org/x/sys/unix"
)

// rawWriters call f with a RawConn for writes of s, in each style but the poll style.
func rawWriters(rt *executor.Runtime, s *tcp.Stream) map[string]func(f func(raw syscall.RawConn) error) (wait func(testing.TB) error) {
	return map[string]func(f func(raw syscall.RawConn) error) (wait func(testing.TB) error){
		"goroutine": func(f func(raw syscall.RawConn) error) func(testing.TB) error {
			return inGoroutine(func() error { return f(must(s.SyscallConn())) })
		},
		"parker": func(f func(raw syscall.RawConn) error) func(testing.TB) error {
			return inGoroutine(func() error { return f(s.RawConnWith(func() tcp.Waiter { return rt.Parker(0) })) })
		},
		"direct": func(f func(raw syscall.RawConn) error) func(testing.TB) error {
			h := executor.Do(rt, func(co *coro.Co) error { return f(s.RawConn(co)) })
			return func(tb testing.TB) error { return nettest.Finish(tb, h) }
		},
	}
}

// A file that the caller sends by sendfile arrives, although there is no room for most of it at first.
func TestRawSendfileWaitsForRoom(t *testing.T) {
	rt := nettest.NewRuntime(t)
	data := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	send := func(raw syscall.RawConn) error {
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer file.Close()
		left := len(data)
		rerr := raw.Write(func(fd uintptr) bool {
			for left > 0 {
				var n int
				if n, err = unix.Sendfile(int(fd), int(file.Fd()), nil, left); err != nil {
					return err != unix.EAGAIN
				}
				left -= n
			}
			return true
		})
		return errors.Join(rerr, err)
	}
	for _, style := range []string{"goroutine", "parker", "direct"} {
		s, c := connect(t, rt)
		s.SetWriteBuffer(16 << 10)
		wait := rawWriters(rt, s)[style](func(raw syscall.RawConn) error {
			defer s.CloseWrite()
			return send(raw)
		})
		got, err := io.ReadAll(c)
		if !bytes.Equal(got, data) || err != nil {
			t.Errorf("%s: the peer has got %d bytes, %v", style, len(got), err)
		}
		if err := wait(t); err != nil {
			t.Errorf("%s: %v", style, err)
		}
	}
}

// The completions of sends without a copy are in the error queue, which a Read waits for like for bytes.
func TestRawReadWaitsForTheErrorQueue(t *testing.T) {
	rt := nettest.NewRuntime(t)
	const sends = 20
	run := func(raw syscall.RawConn) (err error) {
		cerr := raw.Control(func(fd uintptr) { err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_ZEROCOPY, 1) })
		if err := errors.Join(cerr, err); err != nil {
			return err
		}
		data := make([]byte, 32<<10)
		for i := range sends {
			rerr := raw.Write(func(fd uintptr) bool {
				err = unix.Sendmsg(int(fd), data, nil, nil, unix.MSG_ZEROCOPY)
				return err != unix.EAGAIN
			})
			if err := errors.Join(rerr, err); err != nil {
				return fmt.Errorf("send %d: %w", i, err)
			}
		}
		completed := 0
		for completed < sends {
			oob := make([]byte, 256)
			var n int
			rerr := raw.Read(func(fd uintptr) bool {
				_, n, _, _, err = unix.Recvmsg(int(fd), nil, oob, unix.MSG_ERRQUEUE)
				return err != unix.EAGAIN
			})
			if err := errors.Join(rerr, err); err != nil {
				return fmt.Errorf("after %d completions: %w", completed, err)
			}
			ms, err := unix.ParseSocketControlMessage(oob[:n])
			if err != nil || len(ms) != 1 {
				return fmt.Errorf("%d messages, %w", len(ms), err)
			}
			ee := (*unix.SockExtendedErr)(unsafe.Pointer(unsafe.SliceData(ms[0].Data)))
			completed += int(ee.Data-ee.Info) + 1
		}
		return nil
	}
	for _, style := range []string{"direct", "parker", "goroutine"} {
		s, c := connect(t, rt)
		go io.Copy(io.Discard, c)
		if err := rawWriters(rt, s)[style](run)(t); errors.Is(err, unix.ENOPROTOOPT) || errors.Is(err, unix.ENOBUFS) {
			t.Skip(err)
		} else if err != nil {
			t.Errorf("%s: %v", style, err)
		}
		s.Close()
	}
}
