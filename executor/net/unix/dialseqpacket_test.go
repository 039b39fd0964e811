package unix_test

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"testing"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/unix"
)

func TestDialSeqpacketFutureConnectsOrSaysWhyNot(t *testing.T) {
	rt := nettest.NewRuntime(t)
	name := filepath.Join(t.TempDir(), "l")
	l, err := unix.ListenSeqpacket(name)
	if err != nil {
		t.Skip(err)
	}
	defer l.Close()
	h := executor.Do(rt, func(co *coro.Co) error {
		s, err := l.Accept(co)
		if err != nil {
			return err
		}
		defer s.Close()
		_, err = s.Write(co, []byte("hello"))
		return err
	})
	r, err := executor.PollHere(context.Background(), rt, unix.DialSeqpacketFuture(name))
	if err != nil || r.Err != nil {
		t.Fatal(err, r.Err)
	}
	defer r.Value.Close()
	if err := nettest.Finish(t, h); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 8)
	read := executor.Do(rt, func(co *coro.Co) error { n, err := r.Value.Read(co, b); b = b[:n]; return err })
	if err := nettest.Finish(t, read); err != nil || string(b) != "hello" {
		t.Errorf("read %q, %v", b, err)
	}
	r, err = executor.PollHere(context.Background(), rt, unix.DialSeqpacketFuture(name+"x"))
	var oe *net.OpError
	if err != nil || !errors.As(r.Err, &oe) || oe.Op != "dial" {
		t.Errorf("a name without a listener: %v, %v", err, r.Err)
	}
}
