package unix_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
)

func TestWritesWaitForRoom(t *testing.T) {
	rt := nettest.NewRuntime(t)
	a, b := streams(t)
	msg := random(5 << 20)
	w := executor.Do(rt, func(co *coro.Co) error {
		n, err := a.Write(co, msg)
		if err == nil && n != len(msg) {
			err = io.ErrShortWrite
		}
		a.Close()
		return err
	})
	nettest.Settle(rt)
	if w.Finished() {
		t.Fatal("5 MiB fit into a socket without a reader")
	}
	hash := sha256.New()
	nettest.Do(t, rt, func(co *coro.Co) error {
		n, err := b.WriteTo(co, writerTo{hash})
		if err == nil && n != int64(len(msg)) {
			err = fmt.Errorf("%d bytes came", n)
		}
		return err
	})
	if want := sha256.Sum256(msg); !bytes.Equal(hash.Sum(nil), want[:]) {
		t.Error("what came is not what was sent")
	}
	if err := nettest.Finish(t, w); err != nil {
		t.Error(err)
	}
}

// writerTo is a Writer that never waits.
type writerTo struct{ w io.Writer }

func (w writerTo) Write(_ *coro.Co, p []byte) (int, error) { return w.w.Write(p) }

func TestZeroLengthReadAndWriteDoNotWait(t *testing.T) {
	rt := nettest.NewRuntime(t)
	a, _ := streams(t)
	nettest.Do(t, rt, func(co *coro.Co) error {
		if n, err := a.Read(co, nil); n != 0 || err != nil {
			return fmt.Errorf("read: %d, %w", n, err)
		}
		if n, fds, err := a.ReadMsg(co, nil, nil); n != 0 || fds != 0 || err != nil {
			return fmt.Errorf("read: %d, %w", n, err)
		}
		if n, err := a.Write(co, nil); n != 0 || err != nil {
			return fmt.Errorf("write: %d, %w", n, err)
		}
		if n, err := a.WriteMsg(co, nil, nil); n != 0 || err != nil {
			return fmt.Errorf("write: %d, %w", n, err)
		}
		return nil
	})
}

// Regression: one waiter in each direction, of two one hung.
func TestSeveralTasksReadOneStream(t *testing.T) {
	rt := nettest.NewRuntime(t)
	a, b := streams(t)
	const readers = 20
	var hs []nettest.Handle
	for range readers {
		hs = append(hs, executor.Do(rt, func(co *coro.Co) error {
			_, err := b.Read(co, make([]byte, 1))
			return err
		}))
	}
	nettest.Settle(rt)
	nettest.Do(t, rt, func(co *coro.Co) error { _, err := a.Write(co, make([]byte, readers)); return err })
	for _, h := range hs {
		if err := nettest.Finish(t, h); err != nil {
			t.Error(err)
		}
	}
}

func TestDeadlines(t *testing.T) {
	rt := nettest.NewRuntime(t)
	a, b := streams(t)
	nettest.Do(t, rt, func(co *coro.Co) error {
		for _, op := range []func() error{
			func() error { _, err := b.Read(co, make([]byte, 1)); return err },
			func() error { _, _, err := b.ReadMsg(co, make([]byte, 1), nil); return err },
			func() error { return b.WaitReadable(co) },
		} {
			begin := time.Now()
			b.SetReadDeadline(begin.Add(5 * time.Millisecond))
			wantTimeout(t, op(), "read")
			if took := time.Since(begin); took < 5*time.Millisecond {
				t.Errorf("it took %v", took)
			}
			wantTimeout(t, op(), "read")
		}
		return b.SetReadDeadline(time.Time{})
	})
	var n int
	h := executor.Do(rt, func(co *coro.Co) (err error) { n, err = a.Write(co, make([]byte, 5<<20)); return err })
	nettest.Do(t, rt, func(co *coro.Co) error { return b.WaitReadable(co) }) // so that something is written
	a.SetWriteDeadline(time.Now().Add(5 * time.Millisecond))
	wantTimeout(t, nettest.Finish(t, h), "write")
	if n == 0 || n == 5<<20 {
		t.Errorf("it says that %d bytes were written", n)
	}
	nettest.Do(t, rt, func(co *coro.Co) error {
		_, err := a.WriteMsg(co, []byte("x"), nil)
		wantTimeout(t, err, "write")
		_, err = b.Read(co, make([]byte, 1))
		return err
	})
}

// Regression: any second poll of readable reported ready.
func TestReadableOnlyWhileThereIsSomething(t *testing.T) {
	rt := nettest.NewRuntime(t)
	a, b := streams(t)
	var ready atomic.Int32
	h := executor.Do(rt, func(co *coro.Co) error {
		for range 3 {
			if err := b.WaitReadable(co); err != nil {
				return err
			}
			ready.Add(1)
			if err := want(co, b, "ab"); err != nil {
				return err
			}
			// A unix socket is not known to be empty by a short read.
			b.SetReadDeadline(time.Now())
			if _, err := b.Read(co, make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
				return err
			}
			b.SetReadDeadline(time.Time{})
			if err := coro.WithTimeout(co, time.Millisecond, func(co *coro.Co) error {
				_, err := b.Read(co, make([]byte, 1))
				return err
			}); !errors.Is(err, core.ErrDeadlineExceeded) {
				return err
			}
		}
		return nil
	})
	for i := range int32(3) {
		for end := time.Now().Add(nettest.Timeout); ready.Load() < i && time.Now().Before(end); {
			time.Sleep(time.Millisecond)
		}
		nettest.Settle(rt)
		if got := ready.Load(); got != i {
			t.Fatalf("readable %d times after %d messages", got, i)
		}
		nettest.Do(t, rt, func(co *coro.Co) error { _, err := a.Write(co, []byte("ab")); return err })
	}
	if err := nettest.Finish(t, h); err != nil {
		t.Error(err)
	}
}
