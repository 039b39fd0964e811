package stdnet_test

import (
	"errors"
	"io"
	"testing"

	"github.com/moduvex/moduvex-go/compat/stdnet"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
)

// A copy inside a task that meets the write of a goroutine is refused. It waited for the lock of that write, and with it its worker.
func TestFreeCopyInsideATaskBehindAWriteIsRefused(t *testing.T) {
	rt := newRuntime(t, executor.Options{})
	s := freeSide(rt)
	src, in := connected(t, s, netSide(), "tcp")
	dst, _ := connected(t, s, s, "tcp")
	if _, err := in.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	blocked := blockedWrites(dst, 1) // of more than there is room for
	eventually(t, "the write has begun", func() bool { return stdnet.Writing(dst) })
	eventually(t, "the copy is refused", func() (refused bool) {
		do(t, rt, func(co *coro.Co) error {
			_, err := src.(io.WriterTo).WriteTo(dst)
			refused = errors.Is(err, stdnet.ErrOnWorker)
			return nil
		})
		return refused
	})
	dst.Close()
	<-blocked[0]
}
