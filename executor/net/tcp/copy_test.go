package tcp_test

import (
	"bytes"
	"io"
	"testing"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
)

// In a copy in both directions, one that blocks must not keep the other.
func TestCopyInBothDirections(t *testing.T) {
	rt := nettest.NewRuntime(t)
	a, ac := connect(t, rt)
	b, bc := connect(t, rt)
	forth := executor.Do(rt, func(co *coro.Co) error { _, err := b.ReadFrom(co, a); b.CloseWrite(); return err })
	back := executor.Do(rt, func(co *coro.Co) error { _, err := b.WriteTo(co, a); a.CloseWrite(); return err })
	msg := random(20 << 20)
	go func() { bc.Write(msg); bc.CloseWrite() }() // and ac is not read
	nettest.Settle(rt)
	ac.Write([]byte("hello"))
	buf := make([]byte, 5)
	if _, err := io.ReadFull(bc, buf); err != nil || string(buf) != "hello" {
		t.Fatalf("got %q, %v while the other direction is full", buf, err)
	}
	ac.CloseWrite()
	if err := nettest.Finish(t, forth); err != nil {
		t.Error(err)
	}
	if got, err := io.ReadAll(ac); err != nil || !bytes.Equal(got, msg) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if err := nettest.Finish(t, back); err != nil {
		t.Error(err)
	}
}
