package stdnet_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/compat/stdnet"
	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
	"github.com/moduvex/moduvex-go/executor/net/udp"
	"github.com/moduvex/moduvex-go/executor/net/unix"
)

// freed is FreeListener of the results of a listen.
func freed[S stdnet.Socket, L stdnet.Acceptor[S]](rt *executor.Runtime, l L, err error) (*stdnet.Listener, error) {
	if err != nil {
		return nil, err
	}
	return stdnet.FreeListener(rt, stdnet.Acceptor[S](l))
}

// An existing is a kind of listener that FreeListener takes.
type existing struct {
	name, network string
	adopted       bool
	listen        func(t *testing.T, rt *executor.Runtime) (*stdnet.Listener, error)
}

// existingListeners are those that this system has: made by executor/net, and of a file.
func existingListeners() []existing {
	all := []existing{
		{"tcp", "tcp", false, func(_ *testing.T, rt *executor.Runtime) (*stdnet.Listener, error) {
			l, err := tcp.Listen("tcp", "127.0.0.1:0")
			return freed(rt, l, err)
		}},
	}
	if runtime.GOOS == "windows" {
		return all
	}
	all = append(all,
		existing{"unix", "unix", false, func(t *testing.T, rt *executor.Runtime) (*stdnet.Listener, error) {
			l, err := unix.Listen(address(t, "unix"))
			return freed(rt, l, err)
		}},
		existing{"a file of tcp", "tcp", true, func(t *testing.T, rt *executor.Runtime) (*stdnet.Listener, error) {
			l, err := tcp.FileListener(listenerFile(t, "tcp"))
			return freed(rt, l, err)
		}},
		existing{"a file of unix", "unix", true, func(t *testing.T, rt *executor.Runtime) (*stdnet.Listener, error) {
			l, err := unix.FileListener(listenerFile(t, "unix"))
			return freed(rt, l, err)
		}})
	if runtime.GOOS != "linux" {
		return all // not every other system has seqpackets
	}
	return append(all,
		existing{"unixpacket", "unixpacket", false, func(t *testing.T, rt *executor.Runtime) (*stdnet.Listener, error) {
			l, err := unix.ListenSeqpacket(address(t, "unix"))
			return freed(rt, l, err)
		}},
		existing{"a file of unixpacket", "unixpacket", true, func(t *testing.T, rt *executor.Runtime) (*stdnet.Listener, error) {
			l, err := unix.FileSeqpacketListener(listenerFile(t, "unixpacket"))
			return freed(rt, l, err)
		}})
}

// listenerFile returns the file of a listener of package net, as another process would pass it.
func listenerFile(t *testing.T, network string) *os.File {
	t.Helper()
	l, err := net.Listen(network, address(t, network))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if u, ok := l.(*net.UnixListener); ok {
		u.SetUnlinkOnClose(false)
	}
	f, err := l.(interface{ File() (*os.File, error) }).File()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// Each kind of listener accepts connections for goroutines, with a deadline and until a Close, and is refused in a task.
func TestFreeListenerOverEachKindOfListener(t *testing.T) {
	for _, kind := range existingListeners() {
		t.Run(kind.name, func(t *testing.T) {
			rt := newRuntime(t, executor.Options{})
			l, err := kind.listen(t, rt)
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			if l.Addr().Network() != kind.network {
				t.Errorf("the address is of %s", l.Addr().Network())
			}
			for _, c := range []net.Conn{accepted(t, rt, l), accepted(t, rt, l)} {
				switch c.(type) {
				case *stdnet.TCPConn, *stdnet.UnixConn:
				default:
					t.Errorf("accepted a %T", c)
				}
				if c.LocalAddr().Network() != kind.network {
					t.Errorf("the connection is of %s", c.LocalAddr().Network())
				}
			}
			l.SetDeadline(longAgo)
			_, err = l.Accept()
			wantTimeout(t, "accept", err)
			l.SetDeadline(time.Time{})
			do(t, rt, func(*coro.Co) error {
				_, err := l.Accept()
				wantOp(t, "accept", err, stdnet.ErrOnWorker)
				return nil
			})
			waits := waiting(func() error { _, err := l.Accept(); return err })
			if err := l.Close(); err != nil {
				t.Error(err)
			}
			wantOp(t, "accept", <-waits, net.ErrClosed)
			if a, ok := l.Addr().(*net.UnixAddr); ok {
				if _, err := os.Stat(a.Name); (err == nil) != kind.adopted {
					t.Errorf("after the Close, the path: %v", err)
				}
			}
		})
	}
}

// accepted connects to l, and returns the connection that it accepts, over which a byte has come.
func accepted(t *testing.T, rt *executor.Runtime, l net.Listener) net.Conn {
	t.Helper()
	dialed := waiting(func() error {
		c, err := (&stdnet.Dialer{Runtime: rt}).DialContext(t.Context(), l.Addr().Network(), l.Addr().String())
		if err != nil {
			return err
		}
		t.Cleanup(func() { c.Close() })
		_, err = c.Write([]byte("x"))
		return err
	})
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if n, err := c.Read(make([]byte, 2)); n != 1 || err != nil {
		t.Errorf("read %d bytes, %v", n, err)
	}
	if err := <-dialed; err != nil {
		t.Error(err)
	}
	return c
}

// The drain closes a listener that was there before, and one that comes later is closed at once.
func TestFreeListenerOverAListenerClosesWhenItsRuntimeDrains(t *testing.T) {
	rt := newRuntime(t, executor.Options{})
	before, err := tcp.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l, err := stdnet.FreeListener(rt, before)
	if err != nil {
		t.Fatal(err)
	}
	if err := rt.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if c, err := net.Dial("tcp", l.Addr().String()); err == nil {
		c.Close()
		t.Error("the port still takes connections")
	}
	if err := l.Close(); err != nil {
		t.Errorf("the first Close of the owner: %v", err)
	}
	late, err := tcp.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if l, err := stdnet.FreeListener(rt, late); l != nil || !errors.Is(err, core.ErrShutdown) {
		t.Errorf("after the drain: %v, %v", l, err)
	}
	if err := late.Close(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("a listener that FreeListener refused is open: %v", err)
	}
	if l, err := stdnet.FreeListener(newRuntime(t, executor.Options{}), &tcp.Listener{}); l != nil || !errors.Is(err, net.ErrClosed) {
		t.Errorf("a zero listener: %v, %v", l, err)
	}
}

// A server of net/http serves all listeners of a group; a connection that the system gives to another one would wait for ever.
func TestFreeListenersOfAGroupServeHTTP(t *testing.T) {
	rt := newRuntime(t, executor.Options{})
	g, err := tcp.ListenGroup(rt, "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "hello") })}
	served := make(chan error)
	listeners := g.Listeners()
	for _, l := range listeners {
		free, err := stdnet.FreeListener(rt, l)
		if err != nil {
			t.Fatal(err)
		}
		go func() { served <- server.Serve(free) }()
	}
	client := &http.Client{Timeout: testTimeout, Transport: &http.Transport{DisableKeepAlives: true}}
	for range 16 * len(listeners) {
		r, err := client.Get("http://" + g.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(r.Body); string(b) != "hello" || err != nil {
			t.Errorf("%q, %v", b, err)
		}
		r.Body.Close()
	}
	if err := server.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	for range listeners {
		if err := <-served; err != http.ErrServerClosed {
			t.Error(err)
		}
	}
	if err := g.Close(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("the group is still open: %v", err)
	}
}

// Free makes packet sockets of those of executor/net.
func TestFreeMakesPacketConns(t *testing.T) {
	rt := newRuntime(t, executor.Options{})
	for _, network := range packetNetworks() {
		t.Run(network.name, func(t *testing.T) {
			a, b := network.socket(t), network.socket(t)
			from, ok := stdnet.Free(rt, a).(net.PacketConn)
			to, ok2 := stdnet.Free(rt, b).(net.PacketConn)
			if !ok || !ok2 {
				t.Fatalf("a %T and a %T are no PacketConns", stdnet.Free(rt, a), stdnet.Free(rt, b))
			}
			defer from.Close()
			defer to.Close()
			waits := waiting(func() error {
				buf := make([]byte, 8)
				n, addr, err := to.ReadFrom(buf)
				if string(buf[:n]) != "hello" || addr == nil || addr.String() != from.LocalAddr().String() {
					t.Errorf("read %q of %v", buf[:n], addr)
				}
				return err
			})
			if n, err := from.WriteTo([]byte("hello"), to.LocalAddr()); n != 5 || err != nil {
				t.Errorf("wrote %d bytes, %v", n, err)
			}
			if err := <-waits; err != nil {
				t.Error(err)
			}
		})
	}
}

// A packetNetwork makes sockets without a peer.
type packetNetwork struct {
	name   string
	socket func(t *testing.T) stdnet.Socket
}

func packetNetworks() []packetNetwork {
	all := []packetNetwork{{"udp", func(t *testing.T) stdnet.Socket {
		s, err := udp.Listen("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		return s
	}}}
	if runtime.GOOS == "windows" {
		return all
	}
	return append(all, packetNetwork{"unixgram", func(t *testing.T) stdnet.Socket {
		s, err := unix.Bind(address(t, "unixgram"))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}})
}
