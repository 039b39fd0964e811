package tcp_test

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor/modetest"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
	"golang.org/x/sys/windows"
)

// A child process inherits the handle of a listener's file, and serves while the parent has closed its own.
func TestFileOfAListenerGoesToAChild(t *testing.T) {
	if !modetest.First() {
		return
	}
	const variable = "TCP_TEST_LISTENER"
	if handle := os.Getenv(variable); handle != "" {
		serveInherited(t, handle)
		return
	}
	l, err := tcp.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	f, err := l.File()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	h := windows.Handle(f.Fd())
	if err := windows.SetHandleInformation(h, windows.HANDLE_FLAG_INHERIT, windows.HANDLE_FLAG_INHERIT); err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.timeout=1m")
	child.Env = append(os.Environ(), fmt.Sprintf("%s=%d", variable, h))
	child.SysProcAttr = &syscall.SysProcAttr{AdditionalInheritedHandles: []syscall.Handle{syscall.Handle(h)}}
	child.Stderr = os.Stderr
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	f.Close()
	l.Close()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		child.Process.Kill()
	} else {
		defer c.Close()
		c.SetDeadline(time.Now().Add(time.Minute))
		text, rerr := io.ReadAll(c)
		if rerr != nil || string(text) != "from the child" {
			t.Errorf("the child has sent %q, %v", text, rerr)
		}
	}
	if werr := child.Wait(); err != nil || werr != nil {
		t.Errorf("dial: %v, child: %v", err, werr)
	}
}

func serveInherited(t *testing.T, handle string) {
	h, err := strconv.ParseUint(handle, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	f := os.NewFile(uintptr(h), "inherited")
	l, err := tcp.FileListener(f)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	f.Close()
	nettest.Do(t, nettest.NewRuntime(t), func(co *coro.Co) error {
		s, err := l.Accept(co)
		if err != nil {
			return err
		}
		defer s.Close()
		_, err = s.Write(co, []byte("from the child"))
		return err
	})
}
