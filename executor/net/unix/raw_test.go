//go:build unix

package unix_test

import (
	"errors"
	"net"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/unix"
	sysunix "golang.org/x/sys/unix"
)

// A rawConner is what all kinds of sockets have.
type rawConner interface {
	trier
	RawConn(co *coro.Co) unix.RawConn
	RawConnWith(func() unix.Waiter) unix.RawConn
	PollRawRead(cx *core.Context, f func(fd uintptr) bool) (bool, error)
}

func TestRawReadWaitsOnAllKindsOfSockets(t *testing.T) {
	rt := nettest.NewRuntime(t)
	sa, sb := streams(t)
	da, db := datagrams(t)
	pairs := map[string][2]rawConner{"stream": {sa, sb}, "datagram": {da, db}}
	if qa, qb, err := unix.SeqpacketPair(); err == nil {
		pairs["seqpacket"] = [2]rawConner{qa, qb}
	}
	for kind, pair := range pairs {
		a, b := pair[0], pair[1]
		read := func(raw syscall.RawConn) (err error) {
			buf := make([]byte, 8)
			rerr := raw.Read(func(fd uintptr) bool {
				_, err = sysunix.Read(int(fd), buf)
				return err != sysunix.EAGAIN
			})
			return errors.Join(rerr, err)
		}
		h := executor.Do(rt, func(co *coro.Co) error { return read(b.RawConn(co)) })
		nettest.Settle(rt)
		if h.Finished() {
			t.Fatalf("%s: it does not wait: %v", kind, nettest.Finish(t, h))
		}
		a.TryWrite([]byte("x"))
		if err := nettest.Finish(t, h); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
		ended := make(chan error)
		go func() { ended <- read(b.RawConnWith(func() unix.Waiter { return rt.Parker(0) })) }()
		a.TryWrite([]byte("x"))
		if err := <-ended; err != nil {
			t.Errorf("%s: %v", kind, err)
		}
		go func() { ended <- read(b.RawConnWith(func() unix.Waiter { return rt.Parker(0) })) }()
		b.Close()
		wantIs(t, <-ended, "raw-read", net.ErrClosed)
		a.Close()
	}
}

func TestRawAcceptOfUnixSockets(t *testing.T) {
	rt := nettest.NewRuntime(t)
	path := filepath.Join(temp(t), "l")
	l, err := unix.Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	fd := -1
	h := executor.Do(rt, func(co *coro.Co) (err error) {
		rerr := l.RawConn(co).Read(func(listener uintptr) bool {
			fd, _, err = sysunix.Accept(int(listener))
			return err != sysunix.EAGAIN
		})
		return errors.Join(rerr, err)
	})
	nettest.Settle(rt)
	c, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := nettest.Finish(t, h); err != nil {
		t.Fatal(err)
	}
	sysunix.Close(fd)
	if _, err := c.Read(make([]byte, 1)); err == nil {
		t.Error("it has accepted another connection")
	}
}
