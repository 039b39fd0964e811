package tcp_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/internal/modetest"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
	"golang.org/x/sys/unix"
)

const sendfileArg = "-sendfile"

func init() { children[sendfileArg] = sendfileMain }

const tracedSize = 4 << 20

// sendfileMain sends a file to itself and exits with 0 if it came as it should.
func sendfileMain() int {
	if err := sendToItself(); err != nil {
		fmt.Println("failed:", err)
		return 1
	}
	fmt.Println("sent")
	return 0
}

func sendToItself() error {
	content := random(tracedSize)
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
	got := receive(c)
	rt, err := executor.New(executor.Options{Workers: 1})
	if err != nil {
		return err
	}
	defer rt.Close()
	h := start(rt, func(co *coro.Co) error {
		s, err := l.Accept(co)
		if err != nil {
			return err
		}
		defer s.Close()
		n, err := s.SendFile(co, f)
		if err == nil && n != tracedSize {
			err = fmt.Errorf("%d bytes were sent", n)
		}
		return err
	})
	if _, err := h.Wait(context.Background()); err != nil {
		return err
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
	strace, err := exec.LookPath("strace")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
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
			cmd := exec.Command(strace, append(args, os.Args[0], sendfileArg)...)
			out, err := cmd.CombinedOutput()
			text, _ := os.ReadFile(trace)
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

// The system says of such a file that it is empty, and makes it up as it is read.
func TestSendFileOfAFileWithoutASize(t *testing.T) {
	want, err := os.ReadFile("/proc/version")
	if err != nil || len(want) == 0 {
		t.Skip(err)
	}
	rt := newRuntime(t)
	for _, style := range styles {
		f, err := os.Open("/proc/version")
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		s, c := connect(t, rt)
		n, err := sendFile(t, rt, style, s, f)
		if n != int64(len(want)) || err != nil {
			t.Errorf("%s style: %d bytes were sent, %v", style, n, err)
		}
		s.Close()
		if got, _ := io.ReadAll(c); !bytes.Equal(got, want) {
			t.Errorf("%s style: got %q", style, got)
		}
	}
}

// An operation is a megabyte of a file that is in memory. What counts is the time of the worker.
func BenchmarkSendFile(b *testing.B) {
	for _, how := range []string{"sendfile", "loop"} {
		b.Run(how, func(b *testing.B) {
			rt, err := executor.New(executor.Options{Workers: 1, LockOSThread: true})
			if err != nil {
				b.Fatal(err)
			}
			defer rt.Close()
			s, c := connect(b, rt)
			f := tempFile(b, random(1<<20))
			b.SetBytes(1 << 20)
			go io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{c}, make([]byte, 128<<10))
			do(b, rt, func(co *coro.Co) error {
				var u, v unix.Rusage
				unix.Getrusage(unix.RUSAGE_THREAD, &u)
				for range b.N {
					var src io.Reader = io.NewSectionReader(f, 0, 1<<20)
					if how == "loop" {
						src = struct{ io.Reader }{src}
					}
					if _, err := s.SendFile(co, src); err != nil {
						return err
					}
				}
				unix.Getrusage(unix.RUSAGE_THREAD, &v)
				d := time.Duration(v.Utime.Nano() + v.Stime.Nano() - u.Utime.Nano() - u.Stime.Nano())
				b.ReportMetric(float64(d.Microseconds())/float64(b.N), "worker-µs/MB")
				return nil
			})
		})
	}
}
