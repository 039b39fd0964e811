package netfd_test

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"os"
	"syscall"
	"testing"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/internal/netfd"
	netunix "github.com/moduvex/moduvex-go/executor/net/unix"
	"golang.org/x/sys/unix"
)

// appendFile is an end of a copy that the system does not splice to: a file that is appended to.
type appendFile struct{ fd netfd.FD }

func (f *appendFile) Write(co *coro.Co, b []byte) (int, error) { return f.fd.Write(co, b) }

func (f *appendFile) SyscallConn() (syscall.RawConn, error) {
	return &netfd.RawConn{FD: &f.fd, Failed: func(_ string, err error) error { return err }, Owner: f}, nil
}

// What lies in the pipe when it turns out that nothing comes out of it that way is not lost.
func TestCopyToWhatCannotBeSplicedTo(t *testing.T) {
	path := t.TempDir() + "/file"
	fd, err := unix.Open(path, unix.O_CREAT|unix.O_WRONLY|unix.O_APPEND|unix.O_CLOEXEC, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	dst := &appendFile{}
	dst.fd.Init(fd)
	defer dst.fd.Close()
	msg := make([]byte, 4<<20)
	rand.NewChaCha8([32]byte{}).Read(msg)
	n, err := executor.Run(context.Background(), executor.Options{}, func(co *coro.Co) (int64, error) {
		a, b, err := netunix.StreamPair()
		if err != nil {
			return 0, err
		}
		defer b.Close()
		executor.Go(co, func(co *coro.Co) (int, error) {
			defer a.Close()
			return a.Write(co, msg)
		})
		return netfd.Copy(co, dst, b)
	})
	if n != int64(len(msg)) || err != nil {
		t.Errorf("%d bytes were copied, %v", n, err)
	}
	got, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, msg) {
		t.Errorf("%d bytes came, changed or not all, %v", len(got), err)
	}
}

// A file that is appended to is one that the system sends no file to, either.
func TestSendFileToWhatItCannotBeSentTo(t *testing.T) {
	dir := t.TempDir()
	msg := make([]byte, 1<<20+3)
	rand.NewChaCha8([32]byte{1}).Read(msg)
	if err := os.WriteFile(dir+"/src", msg, 0o600); err != nil {
		t.Fatal(err)
	}
	src, err := os.Open(dir + "/src")
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	fd, err := unix.Open(dir+"/dst", unix.O_CREAT|unix.O_WRONLY|unix.O_APPEND|unix.O_CLOEXEC, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	dst := &appendFile{}
	dst.fd.Init(fd)
	defer dst.fd.Close()
	const limit = 1 << 20
	n, err := executor.Run(context.Background(), executor.Options{}, func(co *coro.Co) (int64, error) {
		return dst.fd.SendFile(co, dst, func(_ string, err error) error { return err }, io.LimitReader(src, limit))
	})
	if n != limit || err != nil {
		t.Errorf("%d bytes were sent, %v", n, err)
	}
	if pos, _ := src.Seek(0, io.SeekCurrent); pos != limit {
		t.Errorf("the file is at %d", pos)
	}
	got, err := os.ReadFile(dir + "/dst")
	if err != nil || !bytes.Equal(got, msg[:limit]) {
		t.Errorf("%d bytes came, changed or not all, %v", len(got), err)
	}
}
