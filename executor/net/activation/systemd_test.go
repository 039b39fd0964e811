//go:build unix

package activation_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/activation"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
)

// The manager of systemd's own tool.
func TestSystemdPassesASocket(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("systemd is Linux's")
	}
	tool, err := exec.LookPath("systemd-socket-activate")
	switch {
	case err == nil:
	case os.Getenv("CI") == "true":
		t.Fatal("systemd-socket-activate is missing: apt-get install systemd")
	default:
		t.Skip("systemd-socket-activate is missing: apt-get install systemd")
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "socket")
	ctx, cancel := context.WithTimeout(context.Background(), nettest.Timeout)
	defer cancel()
	var out strings.Builder
	cmd := exec.CommandContext(ctx, tool, "--listen="+path, "--fdname=echo", exe, "-one")
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("unix", path)
	for err != nil && ctx.Err() == nil {
		time.Sleep(5 * time.Millisecond)
		c, err = net.Dial("unix", path)
	}
	if err == nil {
		c.SetDeadline(time.Now().Add(nettest.Timeout))
		c.Write([]byte("hello"))
		buf := make([]byte, 10)
		if n, err := c.Read(buf); err != nil || string(buf[:n]) != "hello" {
			t.Errorf("read %q, %v", buf[:n], err)
		}
		c.Close()
	}
	if werr := cmd.Wait(); err != nil || werr != nil {
		t.Errorf("%v, %v\n%s", err, werr, out.String())
	}
}

// serveOne is the program that gets the socket.
func serveOne() error {
	all, err := activation.Take(true)
	if err != nil {
		return err
	}
	defer all.Close()
	named := all.Named("echo")
	if len(named) != 1 {
		return fmt.Errorf("%d sockets", len(all))
	}
	l, err := named[0].UnixListener()
	if err != nil {
		return err
	}
	return executor.Main(context.Background(), executor.Options{}, func(co *coro.Co) error { return acceptOne(co, l) })
}
