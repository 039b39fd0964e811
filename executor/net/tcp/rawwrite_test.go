//go:build unix

package tcp_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
	"golang.org/x/sys/unix"
)

// A rawWriter writes by system calls of its own, as a library does that has a syscall.Conn only.
type rawWriter struct{ raw syscall.RawConn }

func (w rawWriter) Write(b []byte) (n int, err error) {
	rerr := w.raw.Write(func(fd uintptr) bool {
		for n < len(b) {
			var m int
			m, err = unix.SendmsgN(int(fd), b[n:], nil, nil, unix.MSG_DONTWAIT)
			if err != nil {
				return err != unix.EAGAIN
			}
			n += m
		}
		return true
	})
	return n, errors.Join(err, rerr)
}

// Write waits whenever there is no room, in all styles; io.Copy and the WriteTo of a file work on top of it.
func TestRawWriteWaitsForRoom(t *testing.T) {
	rt := nettest.NewRuntime(t)
	data := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, copyTo := range map[string]func(w io.Writer) error{
		"io.Copy": func(w io.Writer) error {
			f, err := os.Open(path)
			if err != nil {
				return err
			}
			defer f.Close()
			_, err = io.Copy(struct{ io.Writer }{w}, f)
			return err
		},
		"WriteTo": func(w io.Writer) error {
			f, err := os.Open(path)
			if err != nil {
				return err
			}
			defer f.Close()
			_, err = f.WriteTo(w)
			return err
		},
		"Write": func(w io.Writer) error { _, err := w.Write(data); return err },
	} {
		for _, style := range []string{"goroutine", "parker", "direct"} {
			s, c := connect(t, rt)
			s.SetWriteBuffer(16 << 10)
			var wait func(testing.TB) error
			switch style {
			case "goroutine":
				wait = inGoroutine(func() error { defer s.CloseWrite(); return copyTo(rawWriter{must(s.SyscallConn())}) })
			case "parker":
				raw := s.RawConnWith(func() tcp.Waiter { return rt.Parker(0) })
				wait = inGoroutine(func() error { defer s.CloseWrite(); return copyTo(rawWriter{raw}) })
			default:
				h := executor.Do(rt, func(co *coro.Co) error {
					defer s.CloseWrite()
					raw, err := s.RawConn(co).SyscallConn() // it serves what takes a syscall.Conn
					return errors.Join(err, copyTo(rawWriter{raw}))
				})
				wait = func(tb testing.TB) error { return nettest.Finish(tb, h) }
			}
			got, err := io.ReadAll(c)
			if !bytes.Equal(got, data) || err != nil {
				t.Errorf("%s, %s: the peer has got %d bytes, %v", name, style, len(got), err)
			}
			if err := wait(t); err != nil {
				t.Errorf("%s, %s: %v", name, style, err)
			}
			s.Close()
			c.Close()
		}
	}
}
