package interop_test

import (
	"context"
	"net"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/moduvex/moduvex-go/compat/stdnet"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
	"github.com/moduvex/moduvex-go/executor/net/unix"
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
				if testing.Short() && pair.dialed.rt != pair.accepted.rt {
					continue
				}
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

// The same for sockets of tasks that become connections by Free.
func TestFreeConn(t *testing.T) {
	overRuntimes(t, func(t *testing.T, rt *executor.Runtime) {
		for _, sockets := range []struct {
			name string
			pair func(co *coro.Co) (a, b stdnet.Socket, err error)
		}{
			{"tcp", tcpSockets},
			{"unix", func(co *coro.Co) (a, b stdnet.Socket, err error) {
				return unixSockets(co, filepath.Join(folder(t), "socket"))
			}},
			{"unix pair", func(*coro.Co) (a, b stdnet.Socket, err error) { return unix.StreamPair() }},
			{"unix seqpacket pair", func(*coro.Co) (a, b stdnet.Socket, err error) { return unix.SeqpacketPair() }},
		} {
			step(t, sockets.name, func(t *testing.T) { freeConn(t, rt, sockets.pair) })
		}
	})
}

func freeConn(t *testing.T, rt *executor.Runtime, pair func(co *coro.Co) (a, b stdnet.Socket, err error)) {
	pipe := func() (c1, c2 net.Conn, stop func(), err error) {
		var a, b stdnet.Socket
		_, err = executor.Do(rt, func(co *coro.Co) (err error) {
			a, b, err = pair(co)
			return err
		}).Wait(context.Background())
		if err != nil {
			return nil, nil, nil, err
		}
		c1, c2 = stdnet.Free(rt, a), stdnet.Free(rt, b)
		return c1, c2, func() {
			c1.Close()
			c2.Close()
		}, nil
	}
	_, _, stop, err := pipe()
	if err != nil && runtime.GOOS != "linux" {
		t.Skip(err) // not every system has each kind of socket
	}
	if err != nil {
		t.Fatal(err)
	}
	stop()
	nettest.TestConn(t, pipe)
}

func tcpSockets(co *coro.Co) (a, b stdnet.Socket, err error) {
	l, err := tcp.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	defer l.Close()
	if a, err = tcp.Dial(co, "tcp", l.Addr().String()); err != nil {
		return nil, nil, err
	}
	if b, err = l.Accept(co); err != nil {
		a.Close()
	}
	return a, b, err
}

func unixSockets(co *coro.Co, name string) (a, b stdnet.Socket, err error) {
	l, err := unix.Listen(name)
	if err != nil {
		return nil, nil, err
	}
	defer l.Close()
	if a, err = unix.Dial(co, name); err != nil {
		return nil, nil, err
	}
	if b, err = l.Accept(co); err != nil {
		a.Close()
	}
	return a, b, err
}
