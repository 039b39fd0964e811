package executor_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
)

const sendfileChild = "sendfile"

func init() { children[sendfileChild] = beSender }

const tracedSize = 4 << 20

// beSender sends a file to itself, and panics unless it comes as it should.
func beSender() {
	if err := sendToItself(); err != nil {
		panic(err)
	}
}

func sendToItself() error {
	content := make([]byte, tracedSize)
	rand.NewChaCha8([32]byte{}).Read(content)
	f, err := os.CreateTemp("", "sendfile")
	if err != nil {
		return err
	}
	defer f.Close()
	defer os.Remove(f.Name())
	if _, err := f.WriteAt(content, 0); err != nil {
		return err
	}
	l, err := tcp.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer l.Close()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		return err
	}
	defer c.Close()
	got := make(chan []byte, 1)
	go func() {
		b, _ := io.ReadAll(c)
		got <- b
	}()
	rt, err := executor.New(executor.Options{Workers: 1})
	if err != nil {
		return err
	}
	defer rt.Close()
	h := executor.Go(rt, func(co *coro.Co) (int64, error) {
		s, err := l.Accept(co)
		if err != nil {
			return 0, err
		}
		defer s.Close()
		return s.SendFile(co, f)
	})
	if n, err := h.Wait(context.Background()); n != tracedSize || err != nil {
		return fmt.Errorf("%d bytes were sent: %w", n, err)
	}
	if !bytes.Equal(<-got, content) {
		return errors.New("what came is not what was sent")
	}
	return nil
}

var (
	sendfileResult = regexp.MustCompile(`sendfile.*\) += ([0-9]+)`)
	preadCall      = regexp.MustCompile(`pread64.* 32768,`)
)

// It is the system that moves the bytes, until it refuses.
func TestSendFileIsASystemCall(t *testing.T) {
	if !modetest.First() {
		return
	}
	tracer := strace(t)
	for name, test := range map[string]struct {
		inject string
		all    bool // sendfile moves all of it
	}{
		"done":         {"", true},
		"interrupted":  {"sendfile:error=EINTR:when=1+2", true},
		"refused":      {"sendfile:error=EINVAL", false},
		"unknown":      {"sendfile:error=ENOSYS", false},
		"forbidden":    {"sendfile:error=EPERM", false},
		"refused late": {"sendfile:error=EINVAL:when=3+", false},
	} {
		t.Run(name, func(t *testing.T) {
			trace := filepath.Join(t.TempDir(), "trace")
			args := []string{"-f", "-o", trace, "-e", "trace=sendfile,pread64"}
			if test.inject != "" {
				args = append(args, "-e", "inject="+test.inject)
			}
			cmd := exec.Command(tracer, append(args, os.Args[0])...)
			cmd.Env = append(os.Environ(), childEnv+"="+sendfileChild)
			out, err := cmd.CombinedOutput()
			text, _ := os.ReadFile(trace)
			if err != nil && len(text) == 0 {
				unable(t, "strace cannot trace here: %v\n%s", err, out)
			}
			if err != nil {
				t.Fatalf("%v\n%s\n%s", err, out, text)
			}
			sum := 0
			for _, m := range sendfileResult.FindAllSubmatch(text, -1) {
				n, _ := strconv.Atoi(string(m[1]))
				sum += n
			}
			if read := preadCall.Match(text); (sum == tracedSize) != test.all || read == test.all {
				t.Errorf("sendfile has moved %d bytes of %d, reads: %v\n%s", sum, tracedSize, read, text)
			}
		})
	}
}
