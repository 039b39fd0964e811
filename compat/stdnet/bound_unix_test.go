//go:build unix

package stdnet_test

import (
	"syscall"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/compat/stdnet"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
)

// A RawConn suspends the task where one of package net blocks the goroutine: the peer is a task of the same worker.
func TestTheRawConnOfABoundConnSuspendsItsTask(t *testing.T) {
	onEach(t, func(t *testing.T, co *coro.Co, a, b stdnet.Stream) error {
		raw, err := stdnet.Bind(co, a).(syscall.Conn).SyscallConn()
		if err != nil {
			return err
		}
		tries := 0
		peer := executor.Do(co, func(co *coro.Co) error {
			_, err := stdnet.Bind(co, b).Write([]byte("hello"))
			return err
		})
		buf, n := make([]byte, 10), 0
		err = raw.Read(func(fd uintptr) bool {
			var err error
			tries++
			n, err = syscall.Read(int(fd), buf)
			return err != syscall.EAGAIN
		})
		if string(buf[:max(n, 0)]) != "hello" || err != nil {
			t.Errorf("read %q, %v, in %d tries", buf[:max(n, 0)], err, tries)
		}
		if err := raw.Write(func(uintptr) bool { return true }); err != nil {
			t.Error(err)
		}
		a.SetReadDeadline(time.Now())
		err = raw.Read(func(uintptr) bool { return false })
		wantTimeout(t, "raw-read", err)
		_, err = peer.Join(co)
		return err
	})
}
