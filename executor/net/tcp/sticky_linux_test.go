package tcp_test

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
	"golang.org/x/sys/unix"
)

// A connect that another process has ended, taking the error as well, is reported as hung up permanently, and yet
// has no result. Its worker polls other tasks, and the timeout takes effect.
func TestDialThatSomebodyElseEnds(t *testing.T) {
	if !modetest.First() {
		return
	}
	rt, err := executor.New(executor.Options{Workers: 1, LongPollThreshold: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer rt.Close()
	hole := blackHole(t, "127.0.0.1")
	sockets := make(chan int, 1)
	d := tcp.Dialer{
		Timeout: 2 * time.Second,
		Control: func(_, _ string, c syscall.RawConn) error {
			return c.Control(func(fd uintptr) {
				if dup, err := unix.Dup(int(fd)); err == nil {
					sockets <- dup
				}
			})
		},
	}
	h := executor.Do(rt, func(co *coro.Co) error { _, err := d.Dial(co, "tcp", hole.String()); return err })
	fd := <-sockets
	defer unix.Close(fd)
	nettest.Settle(rt)
	// While the worker is held, the connect ends, and the error is taken.
	nettest.Do(t, rt, func(*coro.Co) error {
		if err := unix.Shutdown(fd, unix.SHUT_RDWR); err != nil {
			return fmt.Errorf("shutdown: %w", err)
		}
		code, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
		if err == nil && code == 0 {
			err = errors.New("there was no error to take")
		}
		return err
	})
	nettest.Do(t, rt, func(*coro.Co) error { return nil })
	nettest.Settle(rt) // polled no more than anything that waits
	if err := nettest.Finish(t, h); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the dial ended with %v", err)
	}
}
