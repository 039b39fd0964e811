//go:build unix

package udp_test

import (
	"errors"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/udp"
	"golang.org/x/sys/unix"
)

// receiver receives datagrams by recvmsg, as code does that wants their control messages.
func receiver(raw syscall.RawConn, b []byte) (n int, err error) {
	rerr := raw.Read(func(fd uintptr) bool {
		n, _, _, _, err = unix.Recvmsg(int(fd), b, nil, 0)
		return err != unix.EAGAIN
	})
	return n, errors.Join(rerr, err)
}

func TestRawReadWaitsForDatagrams(t *testing.T) {
	rt := nettest.NewRuntime(t)
	a, b := pair(t)
	const n = 20
	step := make(chan struct{})
	receive := func(raw syscall.RawConn) error {
		buf := make([]byte, 10)
		for i := range n {
			if got, err := receiver(raw, buf); err != nil || got != 1 || buf[0] != byte(i) {
				return errors.Join(err, errors.New("not what was sent"))
			}
			step <- struct{}{}
		}
		_, err := receiver(raw, buf)
		return err
	}
	for style, begin := range map[string]func() <-chan error{
		"direct": func() <-chan error {
			ended := make(chan error, 1)
			executor.Do(rt, func(co *coro.Co) error { ended <- receive(b.RawConn(co)); return nil })
			return ended
		},
		"parker": func() <-chan error {
			ended := make(chan error, 1)
			go func() { ended <- receive(b.RawConnWith(func() udp.Waiter { return rt.Parker(0) })) }()
			return ended
		},
		"goroutine": func() <-chan error { // b is registered by now
			ended := make(chan error, 1)
			raw, err := b.SyscallConn()
			if err != nil {
				t.Fatal(err)
			}
			go func() { ended <- receive(raw) }()
			return ended
		},
	} {
		if style == "goroutine" {
			h := executor.Do(rt, func(co *coro.Co) error { return b.WaitReadable(co) })
			nettest.Settle(rt)
			h.Abort()
			nettest.Finish(t, h)
		}
		b.SetReadDeadline(time.Time{})
		ended := begin()
		for i := range n {
			if i%3 == 0 {
				time.Sleep(time.Millisecond) // so that it waits
			}
			a.TryWrite([]byte{byte(i)})
			if style == "direct" {
				<-step // its worker waits for this goroutine, too
				continue
			}
			select {
			case <-step:
			case err := <-ended:
				t.Fatalf("%s: %v", style, err)
			}
		}
		b.SetReadDeadline(time.Now().Add(5 * time.Millisecond))
		wantIs(t, <-ended, "raw-read", os.ErrDeadlineExceeded)
	}
}

func TestRawConnIsRefusedWithoutARegistrationAndInsideATask(t *testing.T) {
	rt := nettest.NewRuntime(t)
	_, b := pair(t)
	raw, err := b.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	_, err = receiver(raw, make([]byte, 1))
	wantIs(t, err, "raw-read", errors.ErrUnsupported)
	nettest.Do(t, rt, func(co *coro.Co) error {
		_, err := receiver(raw, make([]byte, 1))
		wantIs(t, err, "raw-read", core.ErrNested)
		ready, err := false, error(nil)
		_, cancelled := coro.Await[struct{}](co, pollOnce(func(cx *core.Context) {
			ready, err = b.PollRawWrite(cx, func(uintptr) bool { return true })
		}))
		if !ready || err != nil {
			t.Errorf("PollRawWrite: %v, %v", ready, err)
		}
		return cancelled
	})
	b.Close()
	wantIs(t, raw.Read(func(uintptr) bool { return true }), "raw-read", net.ErrClosed)
	wantIs(t, raw.Write(func(uintptr) bool { return true }), "raw-write", net.ErrClosed)
}

// pollOnce is a future that calls f.
type pollOnce func(cx *core.Context)

func (f pollOnce) Poll(cx *core.Context) (struct{}, bool) { f(cx); return struct{}{}, true }
