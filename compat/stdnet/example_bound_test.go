package stdnet_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/moduvex/moduvex-go/compat/stdnet"
	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
)

// Code that knows only package net reads from a stream: here package net/http, which parses a request.
func ExampleBind() {
	err := executor.Main(context.Background(), executor.Options{}, func(co *coro.Co) error {
		l, err := tcp.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		defer l.Close()
		served := executor.Do(co, func(co *coro.Co) error {
			s, err := l.Accept(co)
			if err != nil {
				return err
			}
			defer s.Close()
			c := stdnet.Bind(co, s)
			request, err := http.ReadRequest(bufio.NewReader(c))
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nyou want %s\n", request.URL)
			return err
		})
		s, err := tcp.Dial(co, "tcp", l.Addr().String())
		if err != nil {
			return err
		}
		defer s.Close()
		c := stdnet.Bind(co, s)
		if _, err := io.WriteString(c, "GET /the/page HTTP/1.1\r\nHost: example.org\r\n\r\n"); err != nil {
			return err
		}
		response, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			return err
		}
		if _, err := io.Copy(os.Stdout, response.Body); err != nil {
			return err
		}
		_, err = served.Join(co)
		return err
	})
	fmt.Println(err)
	// Output:
	// you want /the/page
	// <nil>
}

// A server that speaks TLS. Its sessions end with a close_notify also when their tasks are aborted: Close writes it under
// a shield, and for a second at most.
func ExampleBind_tls() {
	serverConfig, clientConfig := configs(tls.VersionTLS13) // certificates for both
	serve := func(co *coro.Co, s *tcp.Stream) (err error) {
		defer s.Close()
		c := tls.Server(stdnet.Bind(co, s), serverConfig)
		defer coro.Shield(co, func(co *coro.Co) error {
			return coro.WithTimeout(co, time.Second, func(*coro.Co) error { return c.Close() })
		})
		err = coro.WithTimeout(co, 10*time.Second, func(*coro.Co) error { return c.Handshake() })
		if err != nil {
			return err
		}
		name := c.ConnectionState().PeerCertificates[0].Subject.CommonName
		if _, err := fmt.Fprintf(c, "hello, %s\n", name); err != nil {
			return err
		}
		_, err = io.Copy(c, c)
		return err
	}
	err := executor.Main(context.Background(), executor.Options{}, func(co *coro.Co) error {
		l, err := tcp.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		defer l.Close()
		served := executor.Do(co, func(co *coro.Co) error {
			s, err := l.Accept(co)
			if err != nil {
				return err
			}
			return serve(co, s)
		})
		s, err := tcp.Dial(co, "tcp", l.Addr().String())
		if err != nil {
			return err
		}
		defer s.Close()
		c := tls.Client(stdnet.Bind(co, s), clientConfig)
		line, err := bufio.NewReader(c).ReadString('\n')
		if err != nil {
			return err
		}
		fmt.Print(line)
		served.Abort()
		_, err = c.Read(make([]byte, 1))
		fmt.Println(err)
		_, err = served.Join(co)
		fmt.Println(errors.Is(err, core.ErrCancelled))
		return nil
	})
	fmt.Println(err)
	// Output:
	// hello, alice
	// EOF
	// true
	// <nil>
}

// A connection of package net that was made of a stream gives it back, also from below a tls.Conn.
func ExampleStreamOf() {
	err := executor.Main(context.Background(), executor.Options{}, func(co *coro.Co) error {
		s, peer, err := tcpPair(co) // from Dial and Accept
		if err != nil {
			return err
		}
		defer s.Close()
		defer peer.Close()
		var c net.Conn = tls.Client(stdnet.Bind(co, s), &tls.Config{ServerName: "example.org"})
		if t, ok := stdnet.StreamOf(c).(*tcp.Stream); ok {
			fmt.Println(t.SetNoDelay(false), t == s)
		}
		return nil
	})
	fmt.Println(err)
	// Output:
	// <nil> true
	// <nil>
}
