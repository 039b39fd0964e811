package unix_test

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor/net/unix"
)

// When the runtime drains, the listener whose connections it accepts closes as by Close: its path is removed.
func TestListenerClosesWhenItsRuntimeDrains(t *testing.T) {
	rt := newRuntime(t)
	name := filepath.Join(t.TempDir(), "l")
	l, err := unix.Listen(name)
	if err != nil {
		t.Fatal(err)
	}
	h := start(rt, func(co *coro.Co) error { _, err := l.Accept(co); return err })
	settle(rt)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := rt.Shutdown(ctx); err != nil {
		t.Error(err)
	}
	if err := finish(t, h); !errors.Is(err, net.ErrClosed) {
		t.Errorf("the accept ended with %v", err)
	}
	if _, err := os.Lstat(name); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the path is left: %v", err)
	}
	if err := l.Close(); err != nil {
		t.Errorf("the first Close by its owner: %v", err)
	}
}
