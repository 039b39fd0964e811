package guide

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"math/big"
	"net"
	"strings"
	"time"

	"github.com/moduvex/moduvex-go/compat/stdnet"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
)

//guide:begin bound

// serveTLS is a server of crypto/tls in tasks: what it reads suspends the task of the connection.
func serveTLS(co *coro.Co, g *tcp.ListenerGroup, config *tls.Config) error {
	return g.Serve(co, func(co *coro.Co, s *tcp.Stream) {
		conn := tls.Server(stdnet.Bind(co, s), config)
		defer coro.Shield(co, func(co *coro.Co) error { // says goodbye, also after an abort
			return coro.WithTimeout(co, time.Second, func(*coro.Co) error { return conn.Close() })
		})
		s.SetDeadline(time.Now().Add(10 * time.Second))
		if err := conn.Handshake(); err != nil {
			return
		}
		lines := bufio.NewScanner(conn)
		for more := true; more; {
			s.SetDeadline(time.Now().Add(time.Minute))
			// A drain ends the wait for a line. To wait for s instead would miss what conn has buffered.
			executor.UntilDrain(co, func(*coro.Co) error { more = lines.Scan(); return nil })
			if more {
				fmt.Fprintln(conn, strings.ToUpper(lines.Text()))
			}
		}
	})
}

//guide:end bound

func Example_bound() {
	server, client, err := newTLS()
	if err != nil {
		fmt.Println(err)
		return
	}
	rt, err := executor.New(executor.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rt.Close()
	g, err := tcp.ListenGroup(rt, "tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	serving := executor.Do(rt, func(co *coro.Co) error { return serveTLS(co, g, server) })
	conn, err := tls.Dial("tcp", g.Addr().String(), client)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Fprintln(conn, "hello")
	answer, err := bufio.NewReader(conn).ReadString('\n')
	fmt.Printf("%q %v\n", answer, err)
	conn.Close()
	g.Close()
	_, err = serving.Wait(context.Background())
	fmt.Println(err)
	// Output:
	// "HELLO\n" <nil>
	// <nil>
}

// newTLS returns the configurations of both ends, with a certificate that the client trusts.
func newTLS() (server, client *tls.Config, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotAfter:     time.Now().Add(time.Hour),
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA:         true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, nil, err
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, nil, err
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	certificate := tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	return &tls.Config{Certificates: []tls.Certificate{certificate}}, &tls.Config{RootCAs: roots}, nil
}
