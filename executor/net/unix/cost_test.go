//go:build unix

package unix_test

import (
	"net"
	"runtime"
	"syscall"
	"testing"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor/internal/racetest"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
)

// Regression: each call allocated its boxed address.
func TestOperationsAllocateNothing(t *testing.T) {
	if racetest.Enabled || runtime.GOOS != "linux" {
		t.Skip("the race detector allocates, and so do the wrappers of other systems' calls")
	}
	rt := nettest.NewRuntime(t)
	a, b := streams(t)
	c, d := seqpackets(t)
	e, f := datagrams(t)
	g, pathG := bind(t)
	h, pathH := bind(t)
	w, _ := pipes(t, 2)
	buf, fds := make([]byte, 64), make([]int, 4)
	for name, round := range map[string]func(co *coro.Co) error{
		"stream": func(co *coro.Co) error {
			a.Write(co, buf)
			_, err := b.Read(co, buf)
			return err
		},
		"seqpacket": func(co *coro.Co) error {
			c.Write(co, buf)
			_, err := d.Read(co, buf)
			return err
		},
		"datagram": func(co *coro.Co) error {
			e.Write(co, buf)
			_, err := f.Read(co, buf)
			return err
		},
		"named datagram": func(co *coro.Co) error {
			g.WriteTo(co, buf, pathH)
			_, from, err := h.ReadFrom(co, buf)
			if from != pathG {
				t.Error(from)
			}
			return err
		},
		"buffers": func(co *coro.Co) error {
			out, in := [2][]byte{buf[:10], buf[10:]}, [2][]byte{buf[:20], buf[20:]}
			bufs := net.Buffers(out[:])
			if _, err := a.WriteBuffers(co, &bufs); err != nil {
				return err
			}
			_, err := b.ReadBuffers(co, in[:])
			return err
		},
		"descriptors": func(co *coro.Co) error {
			a.WriteMsg(co, buf, w)
			_, n, err := b.ReadMsg(co, buf, fds)
			for _, fd := range fds[:n] {
				syscall.Close(fd)
			}
			if n != 2 {
				t.Errorf("%d descriptors", n)
			}
			return err
		},
	} {
		nettest.Do(t, rt, func(co *coro.Co) error {
			for range 10 {
				if err := round(co); err != nil {
					return err
				}
			}
			if n := testing.AllocsPerRun(100, func() {
				co.Yield() // for another budget
				if err := round(co); err != nil {
					t.Fatal(err)
				}
			}); n != 0 {
				t.Errorf("%s: %v allocations for a write and a read", name, n)
			}
			return nil
		})
	}
}
