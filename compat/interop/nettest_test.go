package interop_test

import (
	"net"
	"path/filepath"
	"testing"

	"golang.org/x/net/nettest"
)

// The conformance suite of net.Conn. It tests the first connection of a pair more than the second.
func TestConn(t *testing.T) {
	over(t, func(t *testing.T, s sockets) {
		for _, network := range []string{"tcp", "unix"} {
			for _, pair := range []struct {
				name             string
				dialed, accepted sockets
				swap             bool
			}{
				{name: "dialed", dialed: s, accepted: s},
				{name: "accepted", dialed: s, accepted: s, swap: true},
				{name: "dialed, with package net", dialed: s, accepted: ofPackageNet},
				{name: "accepted, with package net", dialed: ofPackageNet, accepted: s, swap: true},
			} {
				step(t, network+" "+pair.name, func(t *testing.T) {
					nettest.TestConn(t, connPair(t, network, pair.dialed, pair.accepted, pair.swap))
				})
			}
		}
	})
}

// connPair returns pairs of a connection that is dialed and one that is accepted; swapped, the latter is the first.
func connPair(t *testing.T, network string, dialed, accepted sockets, swap bool) nettest.MakePipe {
	address := "127.0.0.1:0"
	if network == "unix" {
		address = filepath.Join(folder(t), "socket")
	}
	return func() (c1, c2 net.Conn, stop func(), err error) {
		l, err := accepted.Listen(network, address)
		if err != nil {
			return nil, nil, nil, err
		}
		defer l.Close()
		if c1, err = dialed.dial(network, l.Addr().String()); err != nil {
			return nil, nil, nil, err
		}
		if c2, err = l.Accept(); err != nil {
			c1.Close()
			return nil, nil, nil, err
		}
		if swap {
			c1, c2 = c2, c1
		}
		return c1, c2, func() {
			c1.Close()
			c2.Close()
		}, nil
	}
}
