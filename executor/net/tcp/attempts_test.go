package tcp_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
)

// recorder notes the attempts of a Dialer.
type recorder struct {
	mu   sync.Mutex
	to   []string
	when []time.Time
}

func (r *recorder) control(_, address string, _ syscall.RawConn) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	host, _, _ := net.SplitHostPort(address)
	r.to = append(r.to, host)
	r.when = append(r.when, time.Now())
	return nil
}

func (r *recorder) attempts() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.to)
}

func addrs(list ...string) func(context.Context, string, string) ([]netip.Addr, error) {
	return func(context.Context, string, string) ([]netip.Addr, error) {
		var out []netip.Addr
		for _, s := range list {
			out = append(out, netip.MustParseAddr(s))
		}
		return out, nil
	}
}

func TestFamiliesAlternate(t *testing.T) {
	parse := func(list ...string) (out []netip.Addr) {
		out, _ = addrs(list...)(nil, "", "")
		return out
	}
	for _, test := range [][2][]netip.Addr{
		{nil, nil},
		{parse("1.1.1.1"), parse("1.1.1.1")},
		{parse("1.1.1.1", "1.1.1.2", "::1", "::2"), parse("1.1.1.1", "::1", "1.1.1.2", "::2")},
		{parse("::1", "::2", "::3", "1.1.1.1"), parse("::1", "1.1.1.1", "::2", "::3")},
		{parse("::1", "::ffff:1.1.1.1"), parse("::1", "1.1.1.1")},
	} {
		if got := tcp.Alternate(test[0]); !slices.Equal(got, test[1]) {
			t.Errorf("%v becomes %v, want %v", test[0], got, test[1])
		}
	}
}

func TestDialTriesAddressesInTurn(t *testing.T) {
	rt := nettest.NewRuntime(t)
	l, err := tcp.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())

	t.Run("a failure starts the next at once", func(t *testing.T) {
		only4, err := tcp.Listen("tcp4", "127.0.0.9:0")
		if err != nil {
			t.Skip(err)
		}
		defer only4.Close()
		_, port, _ := net.SplitHostPort(only4.Addr().String())
		var r recorder
		d := tcp.Dialer{
			Control: r.control, FallbackDelay: time.Hour,
			Resolve: addrs("127.0.0.8", "127.0.0.9", "127.0.0.10", "::1"),
		}
		nettest.Do(t, rt, func(co *coro.Co) error {
			s, err := d.Dial(co, "tcp", "somewhere:"+port)
			if err != nil {
				return err
			}
			return s.Close()
		})
		if want := []string{"127.0.0.8", "::1", "127.0.0.9"}; !slices.Equal(r.to, want) {
			t.Errorf("tried %v, want %v", r.to, want)
		}
	})

	t.Run("silence starts the next after the delay", func(t *testing.T) {
		hole := blackHole(t, "127.0.0.1")
		other, err := tcp.Listen("tcp4", fmt.Sprintf("127.0.0.2:%d", hole.Port()))
		if err != nil {
			t.Skip(err)
		}
		defer other.Close()
		var r recorder
		begin := time.Now()
		d := tcp.Dialer{
			Control: r.control, Resolve: addrs("127.0.0.1", "127.0.0.2", "127.0.0.3"), FallbackDelay: 60 * time.Millisecond,
		}
		nettest.Do(t, rt, func(co *coro.Co) error {
			s, err := d.Dial(co, "tcp", fmt.Sprintf("somewhere:%d", hole.Port()))
			if err != nil {
				return err
			}
			defer s.Close()
			if host := s.RemoteAddrPort().Addr().String(); host != "127.0.0.2" {
				t.Errorf("connected to %s", host)
			}
			return nil
		})
		if want := []string{"127.0.0.1", "127.0.0.2"}; !slices.Equal(r.to, want) {
			t.Fatalf("tried %v, want %v", r.to, want)
		}
		if gap := r.when[1].Sub(begin); gap < 60*time.Millisecond {
			t.Errorf("the second was tried after %v", gap)
		}
	})

	t.Run("a failure does not wait for the slow one before it", func(t *testing.T) {
		hole := blackHole(t, "127.0.0.1")
		good, err := tcp.Listen("tcp4", fmt.Sprintf("127.0.0.3:%d", hole.Port()))
		if err != nil {
			t.Skip(err)
		}
		defer good.Close()
		var r recorder
		const delay = time.Second
		d := tcp.Dialer{
			Control: r.control, Resolve: addrs("127.0.0.1", "127.0.0.2", "127.0.0.3"), FallbackDelay: delay,
		}
		nettest.Do(t, rt, func(co *coro.Co) error {
			s, err := d.Dial(co, "tcp", fmt.Sprintf("somewhere:%d", hole.Port()))
			if err != nil {
				return err
			}
			return s.Close()
		})
		if len(r.when) != 3 {
			t.Fatalf("tried %v", r.to)
		}
		if gap := r.when[2].Sub(r.when[1]); gap >= delay {
			t.Errorf("the third was tried %v after the second, which had failed", gap)
		}
	})

	t.Run("no delay waits for the failure", func(t *testing.T) {
		hole := blackHole(t, "127.0.0.1")
		var r recorder
		d := tcp.Dialer{
			Control: r.control, Resolve: addrs("127.0.0.1", "127.0.0.2"), FallbackDelay: -1, Timeout: 100 * time.Millisecond,
		}
		nettest.Do(t, rt, func(co *coro.Co) error {
			_, err := d.Dial(co, "tcp", fmt.Sprintf("somewhere:%d", hole.Port()))
			wantTimeout(t, err, "dial")
			return nil
		})
		if len(r.to) != 1 {
			t.Errorf("tried %v", r.to)
		}
	})

	t.Run("if all fail the first error counts", func(t *testing.T) {
		to := refusing(t, "127.0.0.1")
		d := tcp.Dialer{Resolve: addrs("127.0.0.1", "127.0.0.2")}
		nettest.Do(t, rt, func(co *coro.Co) error {
			_, err := d.Dial(co, "tcp", fmt.Sprintf("somewhere:%d", to.Port()))
			wantIs(t, err, "dial", syscall.ECONNREFUSED)
			var oe *net.OpError
			if errors.As(err, &oe) && oe.Addr.String() != to.String() {
				t.Errorf("the error is of %v", oe.Addr)
			}
			return nil
		})
	})

	t.Run("an address of the wrong family is left out", func(t *testing.T) {
		var r recorder
		d := tcp.Dialer{Control: r.control, Resolve: addrs("::1", "127.0.0.1")}
		nettest.Do(t, rt, func(co *coro.Co) error {
			s, err := d.Dial(co, "tcp4", "somewhere:"+port)
			if err != nil {
				return err
			}
			return s.Close()
		})
		if want := []string{"127.0.0.1"}; !slices.Equal(r.to, want) {
			t.Errorf("tried %v, want %v", r.to, want)
		}
	})
}

func TestAbortOfDialClosesAllSockets(t *testing.T) {
	rt := nettest.NewRuntime(t)
	hole := blackHole(t, "127.0.0.1")
	var r recorder
	d := tcp.Dialer{
		Control: r.control, FallbackDelay: 5 * time.Millisecond,
		Resolve: addrs("127.0.0.1", "127.0.0.1", "127.0.0.1", "127.0.0.1"),
	}
	before := nettest.OpenFDs(t)
	var got error
	h := executor.Do(rt, func(co *coro.Co) error {
		_, got = d.Dial(co, "tcp", fmt.Sprintf("somewhere:%d", hole.Port()))
		return got
	})
	for end := time.Now().Add(nettest.Timeout); r.attempts() < 4; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d sockets are connecting, want 4", r.attempts())
		}
	}
	if open := nettest.OpenFDs(t) - before; nettest.CountsFDs && open != 4 {
		t.Errorf("%d sockets are open, want 4", open)
	}
	h.Abort()
	if err := nettest.Finish(t, h); !errors.Is(err, core.ErrCancelled) {
		t.Error(err)
	}
	wantIs(t, got, "dial", core.ErrCancelled)
	if open := nettest.OpenFDs(t) - before; open != 0 {
		t.Errorf("%d sockets are left", open)
	}
	if n := rt.Stats().Registrations; n != 0 {
		t.Errorf("%d registrations are left", n)
	}
}

func TestLosersOfDialAreClosed(t *testing.T) {
	rt := nettest.NewRuntime(t)
	hole := blackHole(t, "127.0.0.1")
	other, err := tcp.Listen("tcp4", fmt.Sprintf("127.0.0.2:%d", hole.Port()))
	if err != nil {
		t.Skip(err)
	}
	defer other.Close()
	before := nettest.OpenFDs(t)
	d := tcp.Dialer{FallbackDelay: 10 * time.Millisecond, Resolve: addrs("127.0.0.1", "127.0.0.1", "127.0.0.2")}
	nettest.Do(t, rt, func(co *coro.Co) error {
		s, err := d.Dial(co, "tcp", fmt.Sprintf("somewhere:%d", hole.Port()))
		if err != nil {
			return err
		}
		if open := nettest.OpenFDs(t) - before; nettest.CountsFDs && open != 1 {
			t.Errorf("%d sockets are open, want 1", open)
		}
		return s.Close()
	})
}
