package stdnet_test

import (
	"fmt"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/compat/stdnet"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
)

// As in most programs, a message does not fill the buffer it is read into.
const (
	benchMessage = 64
	benchBuffer  = 512
	benchRounds  = 1000 // of messages, between two readings of the clock
)

// An operation is a message there and back on each connection, by one worker that has both ends. Rounds with the
// streams and rounds with connections that are bound alternate, on the same sockets: so the ratio of their medians means
// something on a machine that does other work, too.
func BenchmarkBoundEcho(b *testing.B) {
	for _, conns := range []int{1, 64} {
		b.Run(fmt.Sprintf("conns=%d", conns), func(b *testing.B) {
			do(b, newRuntime(b, executor.Options{Workers: 1, LongPollThreshold: -1}), func(co *coro.Co) error {
				as, bs, err := benchPairs(co, conns)
				if err != nil {
					return err
				}
				var stream, bound []time.Duration
				b.ReportAllocs()
				b.ResetTimer()
				for i := 0; i < b.N; i += benchRounds {
					t0 := time.Now()
					if err := echoRounds(co, as, bs, serveStream, clientStream); err != nil {
						return err
					}
					t1 := time.Now()
					if err := echoRounds(co, as, bs, serveBound, clientBound); err != nil {
						return err
					}
					stream, bound = append(stream, t1.Sub(t0)), append(bound, time.Since(t1))
				}
				b.StopTimer()
				per := float64(benchRounds * conns)
				b.ReportMetric(float64(median(stream))/per, "stream-ns")
				b.ReportMetric(float64(median(bound))/per, "bound-ns")
				b.ReportMetric(float64(median(bound))/float64(median(stream)), "ratio")
				return closers(slices.Concat(as, bs)).Close()
			})
		})
	}
}

func median(ds []time.Duration) time.Duration {
	slices.Sort(ds)
	return ds[len(ds)/2]
}

func closers(ss []stdnet.Stream) (cs coro.Closers) {
	for _, s := range ss {
		cs = append(cs, s)
	}
	return cs
}

func benchPairs(co *coro.Co, n int) (as, bs []stdnet.Stream, err error) {
	for range n {
		a, b, err := tcpPair(co)
		if err != nil {
			return nil, nil, err
		}
		as, bs = append(as, a), append(bs, b)
	}
	return as, bs, nil
}

// echoRounds sends benchRounds messages over each connection, and back.
func echoRounds(co *coro.Co, as, bs []stdnet.Stream, serve, client func(co *coro.Co, s stdnet.Stream) error) error {
	var hs []handle
	for i := range as {
		hs = append(hs,
			executor.Do(co, func(co *coro.Co) error { return serve(co, bs[i]) }),
			executor.Do(co, func(co *coro.Co) error { return client(co, as[i]) }))
	}
	for _, h := range hs {
		if _, err := h.Join(co); err != nil {
			return err
		}
	}
	return nil
}

func serveStream(co *coro.Co, s stdnet.Stream) error {
	buf := make([]byte, benchBuffer)
	for range benchRounds {
		n, err := s.Read(co, buf)
		if err != nil {
			return err
		}
		if _, err := s.Write(co, buf[:n]); err != nil {
			return err
		}
	}
	return nil
}

func clientStream(co *coro.Co, s stdnet.Stream) error {
	buf := make([]byte, benchBuffer)
	for range benchRounds {
		if _, err := s.Write(co, buf[:benchMessage]); err != nil {
			return err
		}
		if _, err := s.Read(co, buf); err != nil {
			return err
		}
	}
	return nil
}

func serveBound(co *coro.Co, s stdnet.Stream) error {
	c, buf := io.ReadWriter(stdnet.Bind(co, s)), make([]byte, benchBuffer)
	for range benchRounds {
		n, err := c.Read(buf)
		if err != nil {
			return err
		}
		if _, err := c.Write(buf[:n]); err != nil {
			return err
		}
	}
	return nil
}

func clientBound(co *coro.Co, s stdnet.Stream) error {
	c, buf := io.ReadWriter(stdnet.Bind(co, s)), make([]byte, benchBuffer)
	for range benchRounds {
		if _, err := c.Write(buf[:benchMessage]); err != nil {
			return err
		}
		if _, err := c.Read(buf); err != nil {
			return err
		}
	}
	return nil
}

func BenchmarkBind(b *testing.B) {
	do(b, newRuntime(b, executor.Options{Workers: 1, LongPollThreshold: -1}), func(co *coro.Co) error {
		s, peer, err := tcpPair(co)
		if err != nil {
			return err
		}
		b.ReportAllocs()
		for b.Loop() {
			stdnet.Bind(co, s)
		}
		return coro.Closers{s, peer}.Close()
	})
}
