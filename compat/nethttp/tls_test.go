package nethttp_test

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/executor/modetest"
)

// dialTLS makes a connection whose bytes a test writes itself.
func (s *site) dialTLS(t testing.TB, config *tls.Config) (*client, tls.ConnectionState) {
	t.Helper()
	c := s.dial(t)
	secured := tls.Client(c.Conn, config)
	if err := secured.Handshake(); err != nil {
		t.Fatalf("%s: %v", s.kind.name, err)
	}
	return &client{secured, bufio.NewReader(secured), s}, secured.ConnectionState()
}

// secure is a handler that tells what it sees of the encryption.
func secure(tr *transcript) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.TLS == nil {
			tr.add("handler", "%s without TLS", r.URL)
			return
		}
		_, isTCP := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
		tr.add("handler", "%s %s %x %q resumed %t alpn %q %t", r.URL, r.Proto, r.TLS.Version, r.TLS.ServerName, r.TLS.DidResume,
			r.TLS.NegotiatedProtocol, isTCP)
		for _, cert := range r.TLS.PeerCertificates {
			tr.add("handler", "from %s", cert.Subject.CommonName)
		}
		fmt.Fprintf(w, "%s: %s", r.URL, readAll(r.Body))
	})
}

func TestTLS(t *testing.T) {
	ca := newAuthority(t)
	compare(t, func(t *testing.T, k kind) *transcript {
		tr := new(transcript)
		s := k.serveTLS(t, secure(tr), ca)
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			config := ca.client()
			config.MinVersion, config.MaxVersion = version, version
			c, state := s.dialTLS(t, config)
			tr.add("client", "%x %q", state.Version, state.NegotiatedProtocol)
			for i := range 3 {
				status, body := c.get(t, fmt.Sprint("/", i))
				tr.add("client", "%d %q", status, body)
				s.waitParked(t, 1)
			}
			c.write(t, gets("/1", "/2", "/3")) // in one record
			for range 3 {
				status, body := c.response(t, http.MethodGet)
				tr.add("client", "%d %q", status, body)
			}
			c.write(t, upload+"Connection: close\r\n\r\n12345")
			tr.add("client", "%s", c.rest())
			c.Close()
			if !eventually(func() bool { return s.conns.open() == 0 }) {
				t.Fatal("the connection goes on")
			}
		}
		return tr
	})
}

// A request comes in many records, also to a connection that was parked.
func TestTLSInSmallRecords(t *testing.T) {
	ca := newAuthority(t)
	compare(t, func(t *testing.T, k kind) *transcript {
		tr := new(transcript)
		s := k.serveTLS(t, secure(tr), ca)
		c, _ := s.dialTLS(t, ca.client())
		for range 2 {
			for _, b := range upload + "\r\n12345" {
				c.write(t, string(b))
			}
			status, body := c.response(t, http.MethodPost)
			tr.add("client", "%d %q", status, body)
			s.waitParked(t, 1)
		}
		return tr
	})
}

func TestTLSSessionsAreResumed(t *testing.T) {
	ca := newAuthority(t)
	compare(t, func(t *testing.T, k kind) *transcript {
		tr := new(transcript)
		s := k.serveTLS(t, secure(tr), ca)
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			config := ca.client()
			config.MaxVersion, config.ClientSessionCache = version, tls.NewLRUClientSessionCache(1)
			for range 3 {
				c, state := s.dialTLS(t, config)
				tr.add("client", "%t", state.DidResume)
				c.get(t, "/")
				c.Close()
			}
		}
		return tr
	})
}

func TestTLSWithCertificatesOfClients(t *testing.T) {
	ca := newAuthority(t)
	other := newAuthority(t)
	compare(t, func(t *testing.T, k kind) *transcript {
		tr := new(transcript)
		s := k.serveTLS(t, secure(tr), ca, func(s *http.Server) {
			s.TLSConfig.ClientAuth, s.TLSConfig.ClientCAs = tls.RequireAndVerifyClientCert, ca.roots
		})
		for _, certs := range [][]tls.Certificate{
			{ca.sign("client", x509.ExtKeyUsageClientAuth)}, {other.sign("stranger", x509.ExtKeyUsageClientAuth)}, nil,
		} {
			config := ca.client()
			config.MaxVersion, config.Certificates = tls.VersionTLS12, certs // whose handshake tells the client
			c := tls.Client(s.dial(t).Conn, config)
			err := c.Handshake()
			tr.add("client", "%v", err == nil)
			if err == nil {
				status, body := (&client{c, bufio.NewReader(c), s}).get(t, "/")
				tr.add("client", "%d %q", status, body)
			}
			c.Close()
		}
		return tr
	})
}

// A client that does not speak TLS has an answer that it understands, or none.
func TestTLSServerIsSpokenToWithoutTLS(t *testing.T) {
	ca := newAuthority(t)
	compare(t, func(t *testing.T, k kind) *transcript {
		tr := new(transcript)
		s := k.serveTLS(t, secure(tr), ca)
		for _, text := range []string{gets("/"), upload, "G", "", "nonsense\r\n\r\n", "\x16\x03\x01\x00\x05hello", "\x16\x03", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"} {
			tr.add("client", "%q: %s", text, s.dial(t).exchange(noPause, text))
			if !eventually(func() bool { return s.conns.open() == 0 }) { // the log has it then
				t.Fatal("a connection goes on")
			}
		}
		tr.add("log", "%s", address.ReplaceAllString(s.log.String(), "ADDRESS"))
		return tr
	})
}

// The client ends its half by the alert of TLS, by TCP without it, or at once.
func TestEndsOfTLS(t *testing.T) {
	ca := newAuthority(t)
	compare(t, func(t *testing.T, k kind) *transcript {
		tr := new(transcript)
		s := k.serveTLS(t, secure(tr), ca)
		for i, leave := range []func(c *tls.Conn){
			func(c *tls.Conn) { c.CloseWrite() },
			func(c *tls.Conn) { c.NetConn().(*net.TCPConn).CloseWrite() },
			func(c *tls.Conn) { c.NetConn().Close() },
			func(c *tls.Conn) { c.NetConn().Write([]byte("nonsense that is no record")) },
		} {
			c, _ := s.dialTLS(t, ca.client())
			c.get(t, "/")
			s.waitParked(t, 1)
			leave(c.Conn.(*tls.Conn))
			if !eventually(func() bool { return over(s.conns.of(i)) }) {
				t.Fatalf("connection %d goes on", i)
			}
			tr.add("states", "%v", s.conns.of(i))
		}
		return tr
	})
}

// A handshake that does not begin ends with the time for headers.
func TestAHandshakeHasATimeout(t *testing.T) {
	if !modetest.First() {
		t.Skip("it waits")
	}
	ca := newAuthority(t)
	compare(t, func(t *testing.T, k kind) *transcript {
		tr := new(transcript)
		s := k.serveTLS(t, secure(tr), ca, func(s *http.Server) { s.ReadHeaderTimeout = 50 * time.Millisecond })
		tr.add("client", "%s", s.dial(t).rest())
		return tr
	})
}
