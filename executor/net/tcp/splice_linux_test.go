package tcp_test

import (
	"io"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/stream"
	"golang.org/x/sys/unix"
)

// An operation is a megabyte through a proxy. What counts is the time of the worker: the ends, which
// are in the same process, have the copying that the worker is spared.
func BenchmarkCopy(b *testing.B) {
	for _, how := range []string{"spliced", "copied"} {
		b.Run(how, func(b *testing.B) {
			rt, err := executor.New(executor.Options{Workers: 1, LockOSThread: true})
			if err != nil {
				b.Fatal(err)
			}
			defer rt.Close()
			from, in := connect(b, rt)
			to, out := connect(b, rt)
			chunk := make([]byte, 1<<20)
			b.SetBytes(int64(len(chunk)))
			go func() {
				for range b.N {
					in.Write(chunk)
				}
				in.CloseWrite()
			}()
			go io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{out}, make([]byte, 128<<10))
			nettest.Do(b, rt, func(co *coro.Co) error {
				var src stream.Reader = from
				if how == "copied" {
					src = &counting{Stream: from}
				}
				var u, v unix.Rusage
				unix.Getrusage(unix.RUSAGE_THREAD, &u)
				_, err := stream.Copy(co, to, src)
				unix.Getrusage(unix.RUSAGE_THREAD, &v)
				d := time.Duration(v.Utime.Nano() + v.Stime.Nano() - u.Utime.Nano() - u.Stime.Nano())
				b.ReportMetric(float64(d.Microseconds())/float64(b.N), "worker-µs/MB")
				return err
			})
		})
	}
}
