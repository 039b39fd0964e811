package stdnet_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/moduvex/moduvex-go/compat/stdnet"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/activation"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
	"github.com/moduvex/moduvex-go/executor/net/udp"
)

// The server of net/http waits with the workers of a runtime. It is used as over a listener of package net.
func ExampleListen() {
	rt, err := executor.New(executor.Options{})
	if err != nil {
		panic(err)
	}
	defer rt.Close()

	l, err := stdnet.Listen(rt, "tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "hello, %s", r.URL.Path[1:])
	})}
	served := make(chan error)
	go func() { served <- server.Serve(l) }()

	client := &http.Client{}
	defer client.CloseIdleConnections()
	r, err := client.Get("http://" + l.Addr().String() + "/gopher")
	if err != nil {
		panic(err)
	}
	body, err := io.ReadAll(r.Body)
	r.Body.Close()
	fmt.Println(string(body), err)
	fmt.Println(server.Shutdown(context.Background()), <-served)
	// Output:
	// hello, gopher <nil>
	// <nil> http: Server closed
}

// The client of net/http dials over the sockets of a runtime.
func ExampleDialer() {
	rt, err := executor.New(executor.Options{})
	if err != nil {
		panic(err)
	}
	defer rt.Close()

	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	defer l.Close()
	go http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "found it") }))

	d := &stdnet.Dialer{Runtime: rt, Timeout: time.Minute}
	client := &http.Client{Transport: &http.Transport{DialContext: d.DialContext}}
	defer client.CloseIdleConnections()
	r, err := client.Get("http://" + l.Addr().String())
	if err != nil {
		panic(err)
	}
	body, err := io.ReadAll(r.Body)
	r.Body.Close()
	fmt.Println(string(body), err)
	// Output: found it <nil>
}

// A task accepts a connection and hands it to a goroutine, whose code knows no tasks.
func ExampleFree() {
	rt, err := executor.New(executor.Options{})
	if err != nil {
		panic(err)
	}
	defer rt.Close()

	l, err := tcp.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	defer l.Close()
	done := make(chan error, 1)
	accepted := executor.Do(rt, func(co *coro.Co) error {
		s, err := l.Accept(co)
		if err != nil {
			return err
		}
		conn := stdnet.Free(rt, s) // conn owns s from here on
		go func() {
			defer conn.Close()
			_, err := io.Copy(conn, conn)
			done <- err
		}()
		return nil
	})

	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		panic(err)
	}
	fmt.Fprint(c, "hello")
	c.(*net.TCPConn).CloseWrite()
	echoed, err := io.ReadAll(c)
	c.Close()
	fmt.Println(string(echoed), err)
	_, err = accepted.Wait(context.Background())
	fmt.Println(err, <-done)
	// Output:
	// hello <nil>
	// <nil> <nil>
}

// A server of net/http takes the listener that a service manager has passed, and listens itself if it was started by hand.
func ExampleFreeListener() {
	rt, err := executor.New(executor.Options{})
	if err != nil {
		panic(err)
	}
	defer rt.Close()

	sockets, err := activation.Take(true)
	if err != nil {
		panic(err)
	}
	defer sockets.Close() // those that are left
	var l *tcp.Listener
	if passed := sockets.Named("http"); len(passed) > 0 {
		l, err = passed[0].TCPListener()
	} else {
		l, err = tcp.Listen("tcp", "127.0.0.1:0")
	}
	if err != nil {
		panic(err)
	}
	free, err := stdnet.FreeListener(rt, l) // owns l from here on
	if err != nil {
		panic(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "hello") })}
	served := make(chan error)
	go func() { served <- server.Serve(free) }()

	client := &http.Client{}
	defer client.CloseIdleConnections()
	r, err := client.Get("http://" + free.Addr().String())
	if err != nil {
		panic(err)
	}
	body, err := io.ReadAll(r.Body)
	r.Body.Close()
	fmt.Println(string(body), err)
	fmt.Println(server.Shutdown(context.Background()), <-served)
	// Output:
	// hello <nil>
	// <nil> http: Server closed
}

// A packet socket of executor/net, such as one that a service manager has passed, becomes a net.PacketConn.
func ExampleFree_packets() {
	rt, err := executor.New(executor.Options{})
	if err != nil {
		panic(err)
	}
	defer rt.Close()

	s, err := udp.Listen("udp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	p := stdnet.Free(rt, s).(net.PacketConn)
	defer p.Close()
	if _, err := p.WriteTo([]byte("to myself"), p.LocalAddr()); err != nil {
		panic(err)
	}
	b := make([]byte, 16)
	n, from, err := p.ReadFrom(b)
	fmt.Println(string(b[:n]), from.String() == p.LocalAddr().String(), err)
	// Output: to myself true <nil>
}

// A packet socket works with code that knows net.PacketConn.
func ExampleListenPacket() {
	rt, err := executor.New(executor.Options{})
	if err != nil {
		panic(err)
	}
	defer rt.Close()

	p, err := stdnet.ListenPacket(rt, "udp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	defer p.Close()
	c, err := (&stdnet.Dialer{Runtime: rt}).Dial("udp", p.LocalAddr().String())
	if err != nil {
		panic(err)
	}
	defer c.Close()
	fmt.Fprint(c, "ping")
	b := make([]byte, 16)
	n, from, err := p.ReadFrom(b)
	fmt.Println(string(b[:n]), from.String() == c.LocalAddr().String(), err)
	// Output: ping true <nil>
}

// WriteBuffers writes several pieces in one system call.
func ExampleTCPConn_WriteBuffers() {
	rt, err := executor.New(executor.Options{})
	if err != nil {
		panic(err)
	}
	defer rt.Close()

	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	defer l.Close()
	c, err := (&stdnet.Dialer{Runtime: rt}).Dial("tcp", l.Addr().String())
	if err != nil {
		panic(err)
	}
	peer, err := l.Accept()
	if err != nil {
		panic(err)
	}
	defer peer.Close()
	n, err := c.(*stdnet.TCPConn).WriteBuffers(&net.Buffers{[]byte("head, "), []byte("body")})
	c.Close()
	fmt.Println(n, err)
	all, err := io.ReadAll(peer)
	fmt.Println(string(all), err)
	// Output:
	// 10 <nil>
	// head, body <nil>
}
