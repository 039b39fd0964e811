package udp_test

import (
	"fmt"
	"net"
	"testing"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
)

// An operation is a datagram of 64 bytes there and back, one in flight.
func BenchmarkEcho(b *testing.B) {
	b.Run("direct", func(b *testing.B) {
		rt := nettest.NewRuntime(b)
		s, c := pair(b)
		b.ReportAllocs()
		nettest.Do(b, rt, func(co *coro.Co) error {
			echo := executor.Do(co, func(co *coro.Co) error {
				buf := make([]byte, 512)
				for {
					n, from, err := s.ReadFrom(co, buf)
					if err != nil {
						return err
					}
					if _, err := s.WriteTo(co, buf[:n], from); err != nil {
						return err
					}
				}
			})
			defer echo.Abort()
			buf := make([]byte, 512)
			b.ResetTimer()
			for range b.N {
				if _, err := c.Write(co, buf[:64]); err != nil {
					return err
				}
				if _, err := c.Read(co, buf); err != nil {
					return err
				}
			}
			b.StopTimer()
			return nil
		})
	})
	b.Run("net", func(b *testing.B) {
		s := stranger(b)
		c, err := net.DialUDP("udp", nil, s.LocalAddr().(*net.UDPAddr))
		if err != nil {
			b.Fatal(err)
		}
		defer c.Close()
		b.ReportAllocs()
		done := make(chan struct{})
		go func() {
			defer close(done)
			buf := make([]byte, 512)
			for range b.N {
				n, from, err := s.ReadFromUDPAddrPort(buf)
				if err != nil {
					return
				}
				s.WriteToUDPAddrPort(buf[:n], from)
			}
		}()
		buf := make([]byte, 512)
		b.ResetTimer()
		for range b.N {
			if _, err := c.Write(buf[:64]); err != nil {
				b.Fatal(err)
			}
			if _, err := c.Read(buf); err != nil {
				b.Fatal(err)
			}
		}
		b.StopTimer()
		<-done
	})
}

// An operation is one datagram of 64 bytes, sent and received, in batches of a size.
func BenchmarkBatch(b *testing.B) {
	for _, size := range []int{1, 8, 64} {
		b.Run(fmt.Sprintf("size=%d", size), func(b *testing.B) {
			rt := nettest.NewRuntime(b)
			s, c := pair(b)
			out, in := room(size, 64), room(size, 64)
			b.ReportAllocs()
			nettest.Do(b, rt, func(co *coro.Co) error {
				b.ResetTimer()
				for n := 0; n < b.N; n += size {
					if _, err := c.WriteBatch(co, out); err != nil {
						return err
					}
					for got := 0; got < size; {
						m, err := s.ReadBatch(co, in)
						if err != nil {
							return err
						}
						got += m
					}
				}
				b.StopTimer()
				return nil
			})
		})
	}
	b.Run("singly", func(b *testing.B) {
		rt := nettest.NewRuntime(b)
		s, c := pair(b)
		buf := make([]byte, 64)
		nettest.Do(b, rt, func(co *coro.Co) error {
			to := s.LocalAddrPort()
			b.ResetTimer()
			for range b.N {
				if _, err := c.WriteTo(co, buf, to); err != nil {
					return err
				}
				if _, _, err := s.ReadFrom(co, buf); err != nil {
					return err
				}
			}
			b.StopTimer()
			return nil
		})
	})
}
