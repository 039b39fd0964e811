package echo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"syscall"

	"github.com/cloudwego/netpoll"

	"github.com/moduvex/moduvex-go/tools/bench/internal/spec"
)

// Serve is a server's process, for all but the one in C.
func Serve(c spec.Case, in io.Reader, out io.Writer) error {
	switch c.Contender {
	case spec.RawGo:
		return serveRaw(in, out)
	case spec.Goroutines:
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		return serveGoroutines(l, in, out)
	case spec.Free:
		return serveFree(c, in, out)
	case spec.Netpoll:
		return serveNetpoll(c.Workers, in, out)
	case spec.Moduvex:
		return serveModuvex(c, in, out)
	}
	return fmt.Errorf("echo: no server: %v", c)
}

// netBuffer is the buffer of each goroutine: large enough for a message.
const netBuffer = 256

// serveGoroutines is a goroutine for each connection.
func serveGoroutines(l net.Listener, in io.Reader, out io.Writer) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	defer l.Close()
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer conn.Close()
				var buf [netBuffer]byte
				echoNet(conn, buf[:])
			})
		}
	})
	return serveControl(l.Addr().String(), in, out)
}

func echoNet(conn net.Conn, buf []byte) {
	for {
		n, err := conn.Read(buf)
		if err != nil {
			return
		}
		if _, err := conn.Write(buf[:n]); err != nil {
			return
		}
	}
}

// serveNetpoll runs handlers in netpoll's own loops, for that is quicker than a goroutine for each
// request.
func serveNetpoll(workers int, in io.Reader, out io.Writer) error {
	err := netpoll.Configure(netpoll.Config{
		PollerNum:    workers,
		Runner:       func(_ context.Context, f func()) { f() },
		LoggerOutput: io.Discard, // it warns of connections that the load resets
	})
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	loop, err := netpoll.NewEventLoop(func(_ context.Context, conn netpoll.Connection) error {
		r, w := conn.Reader(), conn.Writer()
		n := r.Len()
		b, err := r.Next(n)
		if err != nil {
			return err
		}
		to, err := w.Malloc(n)
		if err != nil {
			return err
		}
		copy(to, b)
		return errors.Join(r.Release(), w.Flush())
	})
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- loop.Serve(l) }()
	err = serveControl(l.Addr().String(), in, out)
	ctx, cancel := context.WithCancel(context.Background())
	cancel() // the load has closed its connections: there is nothing to wait for
	if e := loop.Shutdown(ctx); e != nil && !errors.Is(e, context.Canceled) {
		err = errors.Join(err, e)
	}
	<-ended
	return err
}

// ordinaryEnd takes the ways in which the load closes a connection for what they are.
func ordinaryEnd(err error) error {
	if err == io.EOF || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
