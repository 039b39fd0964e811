package stdnet_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/compat/stdnet"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
)

// An authority has certificates of its own for a server, 127.0.0.1, and for a client, "alice".
type authority struct {
	pool           *x509.CertPool
	root           []byte
	server, client tls.Certificate
}

// theAuthority is that of all tests of this run.
var theAuthority = sync.OnceValue(func() *authority {
	key := newKey()
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "root"},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(24 * time.Hour),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	root := must(x509.ParseCertificate(must(x509.CreateCertificate(rand.Reader, template, template, key.Public(), key))))
	a := &authority{pool: x509.NewCertPool(), root: root.Raw}
	a.pool.AddCert(root)
	issue := func(serial int64, name string, use x509.ExtKeyUsage) tls.Certificate {
		k := newKey()
		c := *template
		c.SerialNumber, c.Subject, c.IsCA = big.NewInt(serial), pkix.Name{CommonName: name}, false
		c.KeyUsage, c.ExtKeyUsage = x509.KeyUsageDigitalSignature, []x509.ExtKeyUsage{use}
		c.IPAddresses, c.DNSNames = []net.IP{net.IPv4(127, 0, 0, 1)}, []string{"localhost"}
		der := must(x509.CreateCertificate(rand.Reader, &c, root, k.Public(), key))
		return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: k}
	}
	a.server = issue(2, "server", x509.ExtKeyUsageServerAuth)
	a.client = issue(3, "alice", x509.ExtKeyUsageClientAuth)
	return a
})

func newKey() *ecdsa.PrivateKey { return must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)) }

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// configs are those of a server and a client that ask each other for certificates, for one version.
func configs(version uint16) (server, client *tls.Config) {
	a := theAuthority()
	server = &tls.Config{
		Certificates: []tls.Certificate{a.server},
		ClientCAs:    a.pool,
		ClientAuth:   tls.RequireAndVerifyClientCert,
		NextProtos:   []string{"second", "first"},
		MinVersion:   version,
		MaxVersion:   version,
	}
	client = &tls.Config{
		Certificates: []tls.Certificate{a.client},
		RootCAs:      a.pool,
		ServerName:   "127.0.0.1",
		NextProtos:   []string{"first", "other"},
		MinVersion:   version,
		MaxVersion:   version,
	}
	return server, client
}

// write writes a certificate and its key to files, for openssl.
func (a *authority) write(t *testing.T, c tls.Certificate) (root, cert, key string) {
	t.Helper()
	dir := t.TempDir()
	save := func(name, kind string, der []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	return save("root.pem", "CERTIFICATE", a.root), save("cert.pem", "CERTIFICATE", c.Certificate[0]),
		save("key.pem", "PRIVATE KEY", must(x509.MarshalPKCS8PrivateKey(c.PrivateKey)))
}

var versions = map[string]uint16{"TLS 1.2": tls.VersionTLS12, "TLS 1.3": tls.VersionTLS13}

// A setup says which ends of a session are tasks with bound connections. The others are goroutines with connections of
// package net.
type setup struct {
	name           string
	server, client bool
}

var setups = []setup{{"server", true, false}, {"client", false, true}, {"both", true, true}}

// onSetups runs a test with each version and setup.
func onSetups(t *testing.T, test func(t *testing.T, rt *executor.Runtime, s setup, version uint16)) {
	for name, version := range versions {
		for _, s := range setups {
			t.Run(name+", "+s.name, func(t *testing.T) { test(t, newRuntime(t, executor.Options{}), s, version) })
		}
	}
}

// A session is what both ends of a connection do, with the plain connection below them.
type session struct {
	server, client func(c net.Conn) error
	wrap           func(s *tcp.Stream) stdnet.Stream // if not nil, what is bound
}

// run makes a connection, and returns when both ends have returned. It closes the plain connections then.
func (x session) run(t *testing.T, rt *executor.Runtime, s setup) {
	t.Helper()
	bind := func(co *coro.Co, s *tcp.Stream) net.Conn {
		if x.wrap != nil {
			return stdnet.Bind(co, x.wrap(s))
		}
		return stdnet.Bind(co, s)
	}
	var addr string
	var server, client func() error
	if s.server {
		l, err := tcp.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		addr = l.Addr().String()
		h := executor.Do(rt, func(co *coro.Co) error {
			defer l.Close()
			s, err := l.Accept(co)
			if err != nil {
				return err
			}
			defer s.Close()
			return x.server(bind(co, s))
		})
		server = func() error { return finish(t, h) }
	} else {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		addr = l.Addr().String()
		server = goes(func() error {
			defer l.Close()
			c, err := l.Accept()
			if err != nil {
				return err
			}
			defer c.Close()
			return x.server(c)
		})
	}
	if s.client {
		h := executor.Do(rt, func(co *coro.Co) error {
			s, err := tcp.Dial(co, "tcp", addr)
			if err != nil {
				return err
			}
			defer s.Close()
			return x.client(bind(co, s))
		})
		client = func() error { return finish(t, h) }
	} else {
		client = goes(func() error {
			c, err := net.Dial("tcp", addr)
			if err != nil {
				return err
			}
			defer c.Close()
			return x.client(c)
		})
	}
	if err := client(); err != nil {
		t.Error("the client:", err)
	}
	if err := server(); err != nil {
		t.Error("the server:", err)
	}
}

// goes runs f on a goroutine, and returns a function that waits for its error.
func goes(f func() error) (wait func() error) {
	result := make(chan error, 1)
	go func() { result <- f() }()
	return func() error {
		select {
		case err := <-result:
			return err
		case <-time.After(testTimeout):
			return errors.New("it does not end")
		}
	}
}

// secured runs a session above TLS, and closes both ends.
func secured(serverConfig, clientConfig *tls.Config, server, client func(c *tls.Conn) error) session {
	end := func(c *tls.Conn, f func(c *tls.Conn) error) error {
		if err := c.Handshake(); err != nil {
			return fmt.Errorf("handshake: %w", err)
		}
		return errors.Join(f(c), c.Close())
	}
	return session{
		server: func(c net.Conn) error { return end(tls.Server(c, serverConfig), server) },
		client: func(c net.Conn) error { return end(tls.Client(c, clientConfig), client) },
	}
}
