package stdnet_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/compat/stdnet"
	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/executor"
)

// A side makes sockets: package net does, as the control, and the free form.
type side struct {
	name   string
	listen func(network, address string) (net.Listener, error)
	packet func(network, address string) (net.PacketConn, error)
	dial   func(ctx context.Context, network, address string) (net.Conn, error)
}

func netSide() side {
	return side{"net", net.Listen, net.ListenPacket, (&net.Dialer{}).DialContext}
}

func freeSide(rt *executor.Runtime) side {
	return side{
		name:   "free",
		listen: func(network, address string) (net.Listener, error) { return stdnet.Listen(rt, network, address) },
		packet: func(network, address string) (net.PacketConn, error) {
			return stdnet.ListenPacket(rt, network, address)
		},
		dial: (&stdnet.Dialer{Runtime: rt}).DialContext,
	}
}

// address returns one to listen on.
func address(tb testing.TB, network string) string {
	if !strings.HasPrefix(network, "unix") {
		return "127.0.0.1:0"
	}
	dir, err := os.MkdirTemp("", "s") // TempDir's is too long for a name
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { os.RemoveAll(dir) })
	return filepath.Join(dir, "s")
}

// fileWith returns the name of a file with data. It needs no os.RemoveAll, which fails under Wine.
func fileWith(tb testing.TB, data []byte) string {
	f, err := os.CreateTemp("", "file")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { os.Remove(f.Name()) })
	if _, err := f.Write(data); err != nil {
		tb.Fatal(err)
	}
	if err := f.Close(); err != nil {
		tb.Fatal(err)
	}
	return f.Name()
}

// connected returns the two ends of a connection: the dialer's and the listener's.
func connected(tb testing.TB, dialer, listener side, network string) (c, peer net.Conn) {
	tb.Helper()
	c, peer = connect(tb, dialer, listener, network)
	tb.Cleanup(func() { c.Close(); peer.Close() })
	return c, peer
}

// connect is connected for a test that closes both.
func connect(tb testing.TB, dialer, listener side, network string) (c, peer net.Conn) {
	tb.Helper()
	l, err := listener.listen(network, address(tb, network))
	if err != nil {
		tb.Fatal(err)
	}
	defer l.Close()
	type accepted struct {
		c   net.Conn
		err error
	}
	done := make(chan accepted, 1)
	go func() {
		c, err := l.Accept()
		done <- accepted{c, err}
	}()
	c, err = dialer.dial(tb.Context(), network, l.Addr().String())
	if err != nil {
		tb.Fatal(err)
	}
	a := <-done
	if a.err != nil {
		tb.Fatal(a.err)
	}
	return c, a.c
}

// said is what an operation of c says of its error, in words that are equal where the errors have one form.
func said(c net.Conn, err error) string {
	if err == nil || err == io.EOF || err == io.ErrUnexpectedEOF {
		return fmt.Sprint(err)
	}
	var b strings.Builder
	for {
		oe, ok := err.(*net.OpError)
		if !ok {
			break
		}
		fmt.Fprintf(&b, "%s %s", oe.Op, oe.Net)
		for _, a := range []net.Addr{oe.Source, oe.Addr} {
			switch {
			case a == nil:
				b.WriteString(" none")
			case c != nil && c.LocalAddr() != nil && a.String() == c.LocalAddr().String():
				b.WriteString(" local")
			case c != nil && c.RemoteAddr() != nil && a.String() == c.RemoteAddr().String():
				b.WriteString(" remote")
			default:
				b.WriteString(" other")
			}
		}
		b.WriteString(": ")
		err = oe.Err
	}
	targets := []error{net.ErrClosed, os.ErrDeadlineExceeded, context.Canceled, context.DeadlineExceeded, core.ErrNested}
	if runtime.GOOS != "windows" { // where the errors of package net are not these, though they mean the same
		targets = append(targets, syscall.EPIPE, syscall.ECONNRESET, syscall.ECONNREFUSED)
	}
	// The calls by which package net does these things on Windows have other names.
	names := strings.NewReplacer("wsasend:", "write:", "wsarecv:", "read:", "connectex:", "connect:")
	b.WriteString(names.Replace(fmt.Sprint(err)))
	for _, target := range targets {
		if errors.Is(err, target) {
			fmt.Fprintf(&b, ", is %v", target)
		}
	}
	if e, ok := err.(interface {
		Timeout() bool
		Temporary() bool
	}); ok {
		fmt.Fprintf(&b, ", timeout %v, temporary %v", e.Timeout(), e.Temporary())
	}
	return b.String()
}

// eventually waits until a condition holds.
func eventually(tb testing.TB, what string, f func() bool) {
	tb.Helper()
	for end := time.Now().Add(testTimeout); !f(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			tb.Fatal("still not so: ", what)
		}
	}
}

// isReset reports whether err says that the peer is gone.
func isReset(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}
