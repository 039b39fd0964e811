package stdnet_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/compat/stdnet"
	"github.com/moduvex/moduvex-go/executor"
)

// dialNetworks are those that this system can dial over.
func dialNetworks() []string {
	switch runtime.GOOS {
	case "windows":
		return []string{"tcp", "tcp4", "udp", "udp4"}
	case "linux":
		return []string{"tcp", "tcp4", "udp", "udp4", "unix", "unixpacket", "unixgram"}
	}
	return []string{"tcp", "tcp4", "udp", "udp4", "unix", "unixgram"}
}

// target returns an address to which a dial succeeds until the end of the test.
func target(t *testing.T, s side, network string) string {
	t.Helper()
	at := address(t, network)
	if strings.HasPrefix(network, "udp") || network == "unixgram" {
		p, err := s.packet(network, at)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { p.Close() })
		return p.LocalAddr().String()
	}
	l, err := s.listen(network, at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l.Addr().String()
}

// A dial whose context or time is over before it begins fails over each network, although it would succeed at once, and as one
// of package net does.
//
// Regression: dials over UDP and unixgram, which do not wait, did not look at their context.
func TestFreeDialsFailOnceTheirTimeIsOver(t *testing.T) {
	canceled, cancel := context.WithCancel(context.Background())
	cancel()
	caused, cancelCause := context.WithCancelCause(context.Background())
	cancelCause(errors.New("the cause"))
	late, cancel := context.WithDeadline(context.Background(), longAgo)
	defer cancel()
	soon, cancel := context.WithTimeout(context.Background(), time.Nanosecond)
	defer cancel()
	<-soon.Done()
	for _, over := range []struct {
		name     string
		ctx      context.Context
		deadline time.Time
	}{
		{"canceled", canceled, time.Time{}},
		{"canceled with a cause", caused, time.Time{}},
		{"a deadline of the context", late, time.Time{}},
		{"a timeout of the context", soon, time.Time{}},
		{"a deadline of the dialer", context.Background(), longAgo},
		{"canceled, and a deadline", canceled, longAgo},
	} {
		rt := newRuntime(t, executor.Options{})
		for _, network := range dialNetworks() {
			t.Run(over.name+"/"+network, func(t *testing.T) {
				at := target(t, freeSide(rt), network)
				control, want := (&net.Dialer{Deadline: over.deadline}).DialContext(over.ctx, network, at)
				c, err := (&stdnet.Dialer{Runtime: rt, Deadline: over.deadline}).DialContext(over.ctx, network, at)
				for _, c := range []net.Conn{control, c} {
					if c != nil {
						t.Errorf("connected to %v", c.RemoteAddr())
						c.Close()
					}
				}
				if got := unlikeNet(saidOf(err)); got != saidOf(want) {
					t.Errorf("%s\nnet: %s", got, saidOf(want))
				}
			})
		}
	}
}

// unlikeNet takes out of a text what a timeout is with us only: os.ErrDeadlineExceeded, as the timeouts of all other calls.
func unlikeNet(text string) string { return strings.Replace(text, ", is i/o timeout", "", 1) }

// cancelling is a Resolver that ends the context of its dial and returns an address all the same, or fails with the context.
type cancelling struct {
	cancel context.CancelFunc
	fails  bool
}

func (r cancelling) LookupNetIP(ctx context.Context, _, _ string) ([]netip.Addr, error) {
	r.cancel()
	if r.fails {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
}

// A dial whose context ends during the look-up of the name fails, whether or not the resolver observes the context.
func TestFreeDialsFailIfTheContextEndsDuringTheLookup(t *testing.T) {
	rt := newRuntime(t, executor.Options{})
	for _, network := range []string{"tcp", "tcp4", "udp", "udp4"} {
		for _, fails := range []bool{false, true} {
			_, port, err := net.SplitHostPort(target(t, freeSide(rt), network))
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(context.Background())
			d := &stdnet.Dialer{Runtime: rt, Resolver: cancelling{cancel, fails}}
			c, err := d.DialContext(ctx, network, net.JoinHostPort("name.example", port))
			if c != nil {
				t.Errorf("%s: connected to %v", network, c.RemoteAddr())
				c.Close()
			}
			wantOp(t, "dial", err, context.Canceled)
		}
	}
}

// A dial that waits for room in a backlog ends with its context and with its timeout.
func TestFreeDialsThatWaitEndWithTheirContext(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("other systems refuse connections where a backlog is full, or begin them")
	}
	rt := newRuntime(t, executor.Options{})
	for _, network := range []string{"tcp", "unix", "unixpacket"} {
		for _, end := range []struct {
			name string
			dial func(network, address string) (net.Conn, error)
			is   error
		}{
			{"a cancel", func(network, address string) (net.Conn, error) {
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				defer time.AfterFunc(50*time.Millisecond, cancel).Stop()
				return (&stdnet.Dialer{Runtime: rt}).DialContext(ctx, network, address)
			}, context.Canceled},
			{"a deadline", func(network, address string) (net.Conn, error) {
				ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
				defer cancel()
				return (&stdnet.Dialer{Runtime: rt}).DialContext(ctx, network, address)
			}, os.ErrDeadlineExceeded},
			{"a timeout", func(network, address string) (net.Conn, error) {
				return (&stdnet.Dialer{Runtime: rt, Timeout: 50 * time.Millisecond}).Dial(network, address)
			}, os.ErrDeadlineExceeded},
		} {
			t.Run(network+"/"+end.name, func(t *testing.T) {
				l, err := (&stdnet.ListenConfig{Runtime: rt, Backlog: 1}).Listen(t.Context(), network, address(t, network))
				if err != nil {
					t.Fatal(err)
				}
				defer l.Close()
				for range 8 { // there is room for two
					c, err := end.dial(network, l.Addr().String())
					if err != nil {
						wantOp(t, "dial", err, end.is)
						return
					}
					defer c.Close()
				}
				t.Error("no dial waits")
			})
		}
	}
}
