//go:build linux || freebsd || netbsd || openbsd || dragonfly

package unix_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/unix"
)

// An ordinary goroutine dials, without a task.
func ExampleDialSeqpacketFuture() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	l, err := unix.ListenSeqpacket(filepath.Join(dir, "socket"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer l.Close()
	rt, err := executor.New(executor.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rt.Close()
	d, err := executor.PollHere(context.Background(), rt, unix.DialSeqpacketFuture(l.Addr().String()))
	if err != nil || d.Err != nil {
		fmt.Println(err, d.Err)
		return
	}
	defer d.Value.Close()
	fmt.Println(d.Value.RemoteAddr().String() == l.Addr().String())
	// Output: true
}
