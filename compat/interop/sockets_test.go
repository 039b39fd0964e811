package interop_test

import (
	"context"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/compat/stdnet"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
)

// testTimeout bounds each wait of a test. It only matters when the test fails.
const testTimeout = 30 * time.Second

// sockets has the functions of package net that a library takes its connections from.
type sockets struct {
	Listen       func(network, address string) (net.Listener, error)
	ListenPacket func(network, address string) (net.PacketConn, error)
	DialContext  func(ctx context.Context, network, address string) (net.Conn, error)

	// Blocking calls a function of a driver as a task would: on the blocking pool.
	Blocking func(f func() error) error

	rt *executor.Runtime // nil for package net
}

// dial is DialContext of the two forms that some libraries want.
func (s sockets) dial(network, address string) (net.Conn, error) {
	return s.DialContext(context.Background(), network, address)
}

// listen listens on a free port of loopback until the test ends.
func (s sockets) listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := s.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// ofPackageNet are the control: a test that fails over them is wrong itself.
var ofPackageNet = sockets{
	Listen:       net.Listen,
	ListenPacket: net.ListenPacket,
	DialContext:  new(net.Dialer).DialContext,
	Blocking:     func(f func() error) error { return f() },
}

// modes returns those of the runtimes that the tests run over: with one worker and with two, whose tasks stay or are stolen.
// -short leaves out a worker alone that would steal, which differs least from one whose tasks stay.
func modes() []executor.Options {
	all := []executor.Options{
		{Scheduling: executor.ThreadPerCore, Workers: 1},
		{Scheduling: executor.ThreadPerCore, Workers: 2},
		{Scheduling: executor.WorkStealing, Workers: 2},
	}
	if !testing.Short() {
		all = append(all, executor.Options{Scheduling: executor.WorkStealing, Workers: 1})
	}
	return all
}

// over runs a test over package net, and over package stdnet in each mode, and checks that it leaves nothing.
func over(t *testing.T, test func(t *testing.T, s sockets)) {
	t.Run("net", func(t *testing.T) {
		checkLeft(t)
		test(t, ofPackageNet)
	})
	overRuntimes(t, func(t *testing.T, rt *executor.Runtime) { test(t, ofStdnet(rt)) })
}

// overRuntimes runs a test with a runtime of each mode, and checks that it leaves nothing.
func overRuntimes(t *testing.T, test func(t *testing.T, rt *executor.Runtime)) {
	for _, mode := range modes() {
		t.Run(fmt.Sprint(mode.Scheduling, "/", mode.Workers), func(t *testing.T) {
			checkLeft(t)
			rt, err := executor.New(mode)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if !eventually(func() bool { return len(rt.Tasks()) == 0 }) {
					t.Errorf("tasks are left: %+v", rt.Tasks())
				}
				if err := rt.Close(); err != nil {
					t.Error(err)
				}
			})
			test(t, rt)
		})
	}
}

func ofStdnet(rt *executor.Runtime) sockets {
	dialer := &stdnet.Dialer{Runtime: rt}
	return sockets{
		rt:     rt,
		Listen: func(network, address string) (net.Listener, error) { return stdnet.Listen(rt, network, address) },
		ListenPacket: func(network, address string) (net.PacketConn, error) {
			return stdnet.ListenPacket(rt, network, address)
		},
		DialContext: dialer.DialContext,
		Blocking: func(f func() error) error {
			task := executor.Do(rt, func(co *coro.Co) error {
				_, err := executor.Blocking(co, func() (struct{}, error) { return struct{}{}, f() })
				return err
			})
			_, err := task.Wait(context.Background())
			return err
		},
	}
}

// step is a part of a test, which closes every descriptor that it opens.
func step(t *testing.T, name string, f func(t *testing.T)) {
	t.Run(name, func(t *testing.T) {
		checkDescriptors(t, notOfPollers)
		f(t)
	})
}

// testContext ends before the test runs into its timeout.
func testContext(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
	t.Cleanup(cancel)
	return ctx
}
