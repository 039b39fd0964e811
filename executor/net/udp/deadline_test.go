package udp_test

import (
	"context"
	"errors"
	"net"
	"os"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/udp"
)

// wantTimeout fails unless err is what a deadline of the socket ends op with.
func wantTimeout(tb testing.TB, err error, op string) {
	tb.Helper()
	wantIs(tb, err, op, os.ErrDeadlineExceeded)
	wantIs(tb, err, op, context.DeadlineExceeded)
	var ne net.Error
	if !errors.As(err, &ne) || !ne.Timeout() {
		tb.Errorf("%v is no timeout", err)
	}
}

func TestDeadlineEndsPendingRead(t *testing.T) {
	rt := nettest.NewRuntime(t)
	a, b := pair(t)
	nettest.Do(t, rt, func(co *coro.Co) error {
		buf := make([]byte, 1)
		for _, op := range []func() error{
			func() error { _, err := b.Read(co, buf); return err },
			func() error { _, _, err := b.PeekFrom(co, buf); return err },
			func() error { _, err := b.ReadBatch(co, []udp.Message{{Buf: buf}}); return err },
			func() error { return b.WaitReadable(co) },
		} {
			begin := time.Now()
			b.SetReadDeadline(begin.Add(5 * time.Millisecond))
			wantTimeout(t, op(), "read")
			if took := time.Since(begin); took < 5*time.Millisecond || took > nettest.Timeout {
				t.Errorf("it took %v", took)
			}
			wantTimeout(t, op(), "read") // it stays over
		}
		if _, err := b.Write(co, buf); err != nil { // the other direction
			return err
		}
		b.SetReadDeadline(time.Time{})
		a.Write(co, []byte("x"))
		_, err := want(co, b, "x")
		return err
	})
}

func TestPastDeadlineFailsThoughThereIsSomething(t *testing.T) {
	rt := nettest.NewRuntime(t)
	a, b := pair(t)
	a.TryWrite([]byte("x"))
	nettest.Do(t, rt, func(co *coro.Co) error {
		b.SetDeadline(time.Unix(1, 0))
		_, err := b.Read(co, make([]byte, 1))
		wantTimeout(t, err, "read")
		_, err = b.Write(co, make([]byte, 1))
		wantTimeout(t, err, "write")
		_, err = b.WriteBatch(co, []udp.Message{{}})
		wantTimeout(t, err, "write")
		b.SetDeadline(time.Now().Add(time.Hour))
		if _, err := b.Write(co, make([]byte, 1)); err != nil {
			return err
		}
		_, err = want(co, b, "x")
		return err
	})
}

// Regression: the forms that try once ignored deadlines.
func TestTryFailsAfterTheDeadline(t *testing.T) {
	a, b := pair(t)
	a.TryWrite([]byte("x"))
	buf := make([]byte, 1)
	ms := []udp.Message{{Buf: buf}}
	b.SetDeadline(time.Now().Add(-time.Second))
	for op, tries := range map[string][]func() (bool, error){
		"read": {
			func() (bool, error) { _, ok, err := b.TryRead(buf); return ok, err },
			func() (bool, error) { _, _, ok, err := b.TryReadFrom(buf); return ok, err },
			func() (bool, error) { _, _, ok, err := b.TryPeekFrom(buf); return ok, err },
			func() (bool, error) { _, ok, err := b.TryReadBatch(ms); return ok, err },
			func() (bool, error) { _, ok, err := b.TryReadBatch(nil); return ok, err },
		},
		"write": {
			func() (bool, error) { _, ok, err := b.TryWrite(buf); return ok, err },
			func() (bool, error) { _, ok, err := b.TryWriteTo(buf, a.LocalAddrPort()); return ok, err },
			func() (bool, error) { _, ok, err := b.TryWriteBatch(ms); return ok, err },
			func() (bool, error) { _, ok, err := b.TryWriteBatch(nil); return ok, err },
		},
	} {
		for _, try := range tries {
			ok, err := try()
			wantTimeout(t, err, op)
			if !ok {
				t.Errorf("a %s that has failed is worth waiting for", op)
			}
		}
	}
	b.SetDeadline(time.Now().Add(time.Hour))
	if n, ok, err := b.TryRead(buf); n != 1 || !ok || err != nil {
		t.Errorf("with a later deadline: %d, %v, %v", n, ok, err)
	}
}

func TestDeadlineIsBroughtForward(t *testing.T) {
	rt := nettest.NewRuntime(t)
	_, b := pair(t)
	b.SetReadDeadline(time.Now().Add(time.Hour))
	h := executor.Do(rt, func(co *coro.Co) error { _, err := b.Read(co, make([]byte, 1)); return err })
	nettest.Settle(rt)
	b.SetReadDeadline(time.Now().Add(5 * time.Millisecond))
	wantTimeout(t, nettest.Finish(t, h), "read")
}

func TestScopeEndsRead(t *testing.T) {
	rt := nettest.NewRuntime(t)
	a, b := pair(t)
	nettest.Do(t, rt, func(co *coro.Co) error {
		err := coro.WithTimeout(co, 5*time.Millisecond, func(co *coro.Co) error {
			_, err := b.Read(co, make([]byte, 1))
			return err
		})
		wantTimeout(t, err, "read")
		a.Write(co, []byte("x"))
		_, err = want(co, b, "x")
		return err
	})
}
