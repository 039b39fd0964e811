package stdnet_test

import (
	"context"
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
)

// An operation is a round of messages there and back with the streams, and one with connections that are bound, on the
// same sockets, by one worker that has both ends. The ratio is the median of those of the operations: so it means
// something on a machine that does other work, too. It contains a Bind of each end for each round.
func BenchmarkBoundEcho(b *testing.B) {
	for _, test := range []struct{ conns, messages int }{{1, 2000}, {64, 100}} {
		b.Run(fmt.Sprintf("conns=%d", test.conns), func(b *testing.B) {
			rt := newRuntime(b, executor.Options{Workers: 1, LongPollThreshold: -1})
			_, err := executor.Do(rt, func(co *coro.Co) error {
				as, bs, err := benchPairs(co, test.conns)
				if err != nil {
					return err
				}
				var stream, bound, ratio []float64
				b.ResetTimer()
				for b.Loop() {
					t0 := time.Now()
					if err := echoRound(co, as, bs, test.messages, serveStream, clientStream); err != nil {
						return err
					}
					t1 := time.Now()
					if err := echoRound(co, as, bs, test.messages, serveBound, clientBound); err != nil {
						return err
					}
					n := float64(test.messages * test.conns)
					s, c := float64(t1.Sub(t0))/n, float64(time.Since(t1))/n
					stream, bound, ratio = append(stream, s), append(bound, c), append(ratio, c/s)
				}
				b.ReportMetric(median(stream), "stream-ns")
				b.ReportMetric(median(bound), "bound-ns")
				b.ReportMetric(median(ratio), "ratio")
				return closers(slices.Concat(as, bs)).Close()
			}).Wait(context.Background())
			if err != nil {
				b.Fatal(err)
			}
		})
	}
}

func median(fs []float64) float64 {
	slices.Sort(fs)
	return fs[len(fs)/2]
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

// echoRound sends n messages over each connection, and back.
func echoRound(co *coro.Co, as, bs []stdnet.Stream, n int, serve, client func(co *coro.Co, s stdnet.Stream, n int) error) error {
	var hs []handle
	for i := range as {
		hs = append(hs,
			executor.Do(co, func(co *coro.Co) error { return serve(co, bs[i], n) }),
			executor.Do(co, func(co *coro.Co) error { return client(co, as[i], n) }))
	}
	for _, h := range hs {
		if _, err := h.Join(co); err != nil {
			return err
		}
	}
	return nil
}

func serveStream(co *coro.Co, s stdnet.Stream, n int) error {
	buf := make([]byte, benchBuffer)
	for range n {
		m, err := s.Read(co, buf)
		if err != nil {
			return err
		}
		if _, err := s.Write(co, buf[:m]); err != nil {
			return err
		}
	}
	return nil
}

func clientStream(co *coro.Co, s stdnet.Stream, n int) error {
	buf := make([]byte, benchBuffer)
	for range n {
		if _, err := s.Write(co, buf[:benchMessage]); err != nil {
			return err
		}
		if _, err := s.Read(co, buf); err != nil {
			return err
		}
	}
	return nil
}

func serveBound(co *coro.Co, s stdnet.Stream, n int) error {
	c, buf := io.ReadWriter(stdnet.Bind(co, s)), make([]byte, benchBuffer)
	for range n {
		m, err := c.Read(buf)
		if err != nil {
			return err
		}
		if _, err := c.Write(buf[:m]); err != nil {
			return err
		}
	}
	return nil
}

func clientBound(co *coro.Co, s stdnet.Stream, n int) error {
	c, buf := io.ReadWriter(stdnet.Bind(co, s)), make([]byte, benchBuffer)
	for range n {
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
