package unix_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"testing"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/unix"
)

func TestHalfClose(t *testing.T) {
	rt := nettest.NewRuntime(t)
	a, b := streams(t)
	nettest.Do(t, rt, func(co *coro.Co) error {
		a.Write(co, []byte("last"))
		if err := a.CloseWrite(); err != nil {
			return err
		}
		_, err := a.Write(co, []byte("x"))
		wantIs(t, err, "write", syscall.EPIPE)
		if err := want(co, b, "last"); err != nil {
			return err
		}
		for range 2 {
			if _, err := b.Read(co, make([]byte, 1)); err != io.EOF {
				return fmt.Errorf("read %w, want io.EOF", err)
			}
			if _, _, err := b.ReadMsg(co, make([]byte, 1), nil); err != io.EOF {
				return fmt.Errorf("read %w, want io.EOF", err)
			}
		}
		b.Write(co, []byte("back"))
		if err := want(co, a, "back"); err != nil {
			return err
		}
		if err := a.CloseRead(); err != nil {
			return err
		}
		_, err = b.Write(co, []byte("x"))
		wantIs(t, err, "write", syscall.EPIPE)
		return nil
	})
}

func TestSplit(t *testing.T) {
	rt := nettest.NewRuntime(t)
	a, b := streams(t)
	r, w := a.Split()
	read := executor.Do(rt, func(co *coro.Co) error { _, err := r.Read(co, make([]byte, 1)); return err })
	nettest.Settle(rt)
	nettest.Do(t, rt, func(co *coro.Co) error {
		if _, err := w.Write(co, []byte("x")); err != nil {
			return err
		}
		if err := w.Close(); err != nil {
			return err
		}
		wantIs(t, w.Close(), "close", net.ErrClosed)
		_, err := w.Write(co, []byte("x"))
		wantIs(t, err, "write", net.ErrClosed)
		if err := want(co, b, "x"); err != nil {
			return err
		}
		if _, err := b.Read(co, make([]byte, 1)); err != io.EOF {
			return fmt.Errorf("read %w, want io.EOF", err)
		}
		return nil
	})
	if read.Finished() {
		t.Error("the end of writing ended reading")
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	wantIs(t, nettest.Finish(t, read), "read", net.ErrClosed)
	wantIs(t, a.Close(), "close", net.ErrClosed) // with its halves
}

func TestCredentials(t *testing.T) {
	rt := nettest.NewRuntime(t)
	s, _ := connect(t, rt)
	a, _ := streams(t)
	for _, s := range []*unix.Stream{s, a} {
		c, err := s.PeerCredentials()
		if errors.Is(err, errors.ErrUnsupported) {
			t.Skip(err)
		}
		if err != nil {
			t.Fatal(err)
		}
		if c.UID != os.Getuid() || c.GID != os.Getgid() || c.PID != 0 && c.PID != os.Getpid() {
			t.Errorf("%+v", c)
		}
	}
}
