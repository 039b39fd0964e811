package unix_test

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/unix"
)

// When the runtime drains, the listener whose connections it accepts closes as by Close: its path is removed.
func TestListenerClosesWhenItsRuntimeDrains(t *testing.T) {
	rt := nettest.NewRuntime(t)
	name := filepath.Join(t.TempDir(), "l")
	l, err := unix.Listen(name)
	if err != nil {
		t.Fatal(err)
	}
	h := executor.Do(rt, func(co *coro.Co) error { _, err := l.Accept(co); return err })
	nettest.Settle(rt)
	ctx, cancel := context.WithTimeout(context.Background(), nettest.Timeout)
	defer cancel()
	if err := rt.Shutdown(ctx); err != nil {
		t.Error(err)
	}
	if err := nettest.Finish(t, h); !errors.Is(err, net.ErrClosed) {
		t.Errorf("the accept ended with %v", err)
	}
	if _, err := os.Lstat(name); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the path is left: %v", err)
	}
	if err := l.Close(); err != nil {
		t.Errorf("the first Close by its owner: %v", err)
	}
}
