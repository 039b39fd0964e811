package udp_test

import (
	"errors"
	"net/netip"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/udp"
)

// pollEcho sends back what it gets, in poll style, until it gets "end".
type pollEcho struct {
	s    *udp.Socket
	buf  []byte
	out  []byte // received, and not yet sent; nil for nothing
	from netip.AddrPort
}

func (e *pollEcho) Poll(cx *core.Context) (error, bool) {
	for {
		if e.out != nil {
			if _, ready, err := e.s.PollWriteTo(cx, e.out, e.from); !ready || err != nil {
				return err, ready
			}
			if string(e.out) == "end" {
				return nil, true
			}
			e.out = nil
		}
		n, from, ready, err := e.s.PollReadFrom(cx, e.buf)
		if !ready || err != nil {
			return err, ready
		}
		e.out, e.from = e.buf[:n], from
	}
}

func (e *pollEcho) Drop() { e.s.Close() }

func directEcho(co *coro.Co, s *udp.Socket) error {
	buf := make([]byte, 1<<16)
	for {
		n, from, err := s.ReadFrom(co, buf)
		if err != nil {
			return err
		}
		if _, err := s.WriteTo(co, buf[:n], from); err != nil {
			return err
		}
		if string(buf[:n]) == "end" {
			return nil
		}
	}
}

func TestEcho(t *testing.T) {
	for _, style := range []string{"direct", "poll"} {
		t.Run(style, func(t *testing.T) {
			rt := nettest.NewRuntime(t)
			s, c := bind(t), stranger(t)
			var h nettest.Handle
			if style == "direct" {
				h = executor.Do(rt, func(co *coro.Co) error { return directEcho(co, s) })
			} else {
				p := executor.Spawn[error](rt, &pollEcho{s: s, buf: make([]byte, 1<<16)})
				h = executor.Do(rt, func(co *coro.Co) error {
					err, jerr := p.Join(co)
					return errors.Join(err, jerr)
				})
			}
			buf := make([]byte, 1<<16)
			for _, size := range []int{1, 0, 1472, 65507, 3} {
				msg := make([]byte, size)
				if size == 3 {
					copy(msg, "end")
				}
				c.WriteToUDPAddrPort(msg, s.LocalAddrPort())
				n, from, err := c.ReadFromUDPAddrPort(buf)
				if err != nil || n != size || from != s.LocalAddrPort() {
					t.Fatalf("%d bytes came back as %d from %v, %v", size, n, from, err)
				}
			}
			if err := nettest.Finish(t, h); err != nil {
				t.Error(err)
			}
		})
	}
}
