package udp_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os/exec"
	"testing"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
)

// A peer that shares nothing with us, Debian's netcat-openbsd.
func TestNetcatTalksToEcho(t *testing.T) {
	path, err := exec.LookPath("nc")
	if err != nil {
		t.Skip("nc is not installed")
	}
	if help, _ := exec.Command(path, "-h").CombinedOutput(); !bytes.Contains(help, []byte("OpenBSD")) {
		t.Skip("nc is not the one of OpenBSD")
	}
	rt := nettest.NewRuntime(t)
	s := bind(t)
	h := executor.Do(rt, func(co *coro.Co) error { return directEcho(co, s) })
	host, port, _ := net.SplitHostPort(s.LocalAddr().String())
	cmd := exec.Command(path, "-u", host, port)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for _, msg := range []string{"hello\n", "again\n", "end"} {
		io.WriteString(in, msg)
		got := make([]byte, len(msg))
		if _, err := io.ReadFull(out, got); err != nil || string(got) != msg {
			t.Errorf("nc got %q, %v", got, err)
		}
	}
	if err := nettest.Finish(t, h); err != nil {
		t.Error(err)
	}
	in.Close()
	cmd.Process.Kill()
	if err := cmd.Wait(); err != nil && !errors.As(err, new(*exec.ExitError)) {
		t.Error(err)
	}
}
