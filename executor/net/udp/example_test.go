package udp_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"syscall"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/udp"
)

// A server that echoes, and a client, in direct style.
func Example() {
	reply, err := executor.Run(context.Background(), executor.Options{}, func(co *coro.Co) (string, error) {
		s, err := udp.Listen("udp", "127.0.0.1:0")
		if err != nil {
			return "", err
		}
		defer s.Close()
		executor.Do(co, func(co *coro.Co) error {
			buf := make([]byte, 1500)
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

		c, err := udp.Dial(co, "udp", s.LocalAddr().String())
		if err != nil {
			return "", err
		}
		defer c.Close()
		if _, err := c.Write(co, []byte("hello")); err != nil {
			return "", err
		}
		buf := make([]byte, 1500)
		n, err := c.Read(co, buf)
		return string(buf[:n]), err
	})
	fmt.Println(reply, err)
	// Output: hello <nil>
}

// A counter counts what comes in, in poll style.
type counter struct {
	s     *udp.Socket
	left  int
	bytes int
	buf   [1500]byte
}

func (c *counter) Poll(cx *core.Context) (int, bool) {
	for c.left > 0 {
		n, _, ready, err := c.s.PollReadFrom(cx, c.buf[:])
		if !ready {
			return 0, false
		}
		if err != nil {
			break
		}
		c.bytes += n
		c.left--
	}
	c.s.Close()
	return c.bytes, true
}

// Drop is called if the task is aborted while it waits.
func (c *counter) Drop() { c.s.Close() }

func ExampleSocket_PollReadFrom() {
	bytes, err := executor.Run(context.Background(), executor.Options{}, func(co *coro.Co) (int, error) {
		s, err := udp.Bind(netip.MustParseAddrPort("127.0.0.1:0"))
		if err != nil {
			return 0, err
		}
		to := s.LocalAddrPort()
		h := executor.Spawn[int](co, &counter{s: s, left: 3})
		c, err := udp.Connect(to)
		if err != nil {
			return 0, err
		}
		defer c.Close()
		for _, word := range []string{"one", "two", "three"} {
			if _, err := c.Write(co, []byte(word)); err != nil {
				return 0, err
			}
		}
		return h.Join(co)
	})
	fmt.Println(bytes, err)
	// Output: 11 <nil>
}

func ExampleSocket_ReadBatch() {
	err := executor.Main(context.Background(), executor.Options{}, func(co *coro.Co) error {
		s, err := udp.Bind(netip.MustParseAddrPort("127.0.0.1:0"))
		if err != nil {
			return err
		}
		defer s.Close()
		c, err := udp.Connect(s.LocalAddrPort())
		if err != nil {
			return err
		}
		defer c.Close()
		if _, err := c.WriteBatch(co, []udp.Message{{Buf: []byte("one")}, {Buf: []byte("two")}}); err != nil {
			return err
		}

		ms := make([]udp.Message, 8)
		for i := range ms {
			ms[i].Buf = make([]byte, 1500)
		}
		for left := 2; left > 0; {
			n, err := s.ReadBatch(co, ms)
			if err != nil {
				return err
			}
			for _, m := range ms[:n] {
				fmt.Println(string(m.Buf[:m.N]), m.Addr == c.LocalAddrPort())
			}
			left -= n
		}
		return nil
	})
	fmt.Println(err)
	// Output:
	// one true
	// two true
	// <nil>
}

func ExampleConnect() {
	free, err := udp.Bind(netip.MustParseAddrPort("127.0.0.1:0"))
	if err != nil {
		fmt.Println(err)
		return
	}
	nobody := free.LocalAddrPort()
	free.Close()
	_, err = executor.Run(context.Background(), executor.Options{}, func(co *coro.Co) (int, error) {
		s, err := udp.Connect(nobody)
		if err != nil {
			return 0, err
		}
		defer s.Close()
		s.SetReadDeadline(time.Now().Add(time.Minute))
		if _, err := s.Write(co, []byte("hello?")); err != nil {
			return 0, err
		}
		return s.Read(co, make([]byte, 1500))
	})
	fmt.Println(errors.Is(err, syscall.ECONNREFUSED))
	// Output: true
}

func ExampleSocket_TryRead() {
	s, err := udp.Bind(netip.MustParseAddrPort("127.0.0.1:0"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	_, ok, err := s.TryRead(make([]byte, 1500))
	fmt.Println(ok, err)
	// Output: false <nil>
}

func ExampleListenConfig_Listen() {
	lc := udp.ListenConfig{ReusePort: true}
	a, err := lc.Listen("udp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(errors.Is(err, errors.ErrUnsupported)) // Windows has nothing like it
		return
	}
	defer a.Close()
	b, err := lc.Listen("udp", a.LocalAddr().String()) // one for another worker
	if err != nil {
		fmt.Println(err)
		return
	}
	defer b.Close()
	fmt.Println(a.LocalAddrPort() == b.LocalAddrPort())
	// Output: true
}
