package tcp_test

import (
	"errors"
	"testing"

	"github.com/moduvex/moduvex-go/executor/modetest"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
)

// A group does not share its address with other sockets: a second server on the port gets an error.
func TestGroupTakesAnAddressForItself(t *testing.T) {
	rt := nettest.NewRuntime(t)
	for name, second := range map[string]func(address string) error{
		"a group": func(address string) error { return closed(tcp.ListenGroup(rt, "tcp", address)) },
		"a group that hands over": func(address string) error {
			lc := tcp.ListenConfig{HandOver: true}
			return closed(lc.ListenGroup(rt, "tcp", address))
		},
		"a listener": func(address string) error { return closed(tcp.Listen("tcp", address)) },
	} {
		for _, address := range []string{"127.0.0.1:0", "[::1]:0", ":0"} {
			g, err := tcp.ListenGroup(rt, "tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			if err := second(g.Addr().String()); !errors.Is(err, addrInUse) {
				t.Errorf("%s after a group at %s: %v, want %v", name, address, err, addrInUse)
			}
			g.Close()
		}
	}
	l := listen(t)
	if err := closed(tcp.ListenGroup(rt, "tcp", l.Addr().String())); !errors.Is(err, addrInUse) {
		t.Errorf("a group after a listener: %v, want %v", err, addrInUse)
	}
}

// Groups that both ask for it share an address.
func TestGroupsShareAnAddressOnRequest(t *testing.T) {
	if !modetest.First() {
		return
	}
	rt := nettest.NewRuntime(t)
	lc := tcp.ListenConfig{ReusePort: true}
	g, err := lc.ListenGroup(rt, "tcp", "127.0.0.1:0")
	if errors.Is(err, errors.ErrUnsupported) {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	if err := closed(lc.ListenGroup(rt, "tcp", g.Addr().String())); err != nil {
		t.Error(err)
	}
}

// closed closes what was opened after all.
func closed[T interface{ Close() error }](c T, err error) error {
	if err != nil {
		return err
	}
	return c.Close()
}
