package tcp_test

import (
	"bytes"
	"io"
	"os"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"golang.org/x/sys/unix"
)

// The system says of such a file that it is empty, and makes it up as it is read.
func TestSendFileOfAFileWithoutASize(t *testing.T) {
	want, err := os.ReadFile("/proc/version")
	if err != nil || len(want) == 0 {
		t.Fatal(len(want), err)
	}
	rt := nettest.NewRuntime(t)
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
			nettest.Do(b, rt, func(co *coro.Co) error {
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
