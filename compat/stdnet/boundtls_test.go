package stdnet_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/compat/stdnet"
	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
)

// check returns an error unless ok.
func check(ok bool, format string, args ...any) error {
	if ok {
		return nil
	}
	return fmt.Errorf(format, args...)
}

// echoTLS answers until the peer ends writing, with close_notify.
func echoTLS(c *tls.Conn) error {
	_, err := io.Copy(c, c)
	return err
}

// Both ends check the certificate of the other, agree on a protocol, move more than the buffers of the system hold, and
// see the end as io.EOF.
func TestTLSOverABoundConn(t *testing.T) {
	text := strings.Repeat("0123456789abcdef", 4<<20/16)
	onSetups(t, func(t *testing.T, rt *executor.Runtime, s setup, version uint16) {
		sc, cc := configs(version)
		secured(sc, cc, func(c *tls.Conn) error {
			state := c.ConnectionState()
			have, err := io.ReadAll(c)
			if err == nil {
				_, err = c.Write(have)
			}
			return errors.Join(err,
				check(len(state.PeerCertificates) > 0 && state.PeerCertificates[0].Subject.CommonName == "alice", "the client is not alice"),
				check(state.Version == version && state.NegotiatedProtocol == "first", "version %x, protocol %q", state.Version, state.NegotiatedProtocol))
		}, func(c *tls.Conn) error {
			if _, err := io.WriteString(c, text); err != nil {
				return err
			}
			if err := c.CloseWrite(); err != nil {
				return err
			}
			have, err := io.ReadAll(c)
			_, end := c.Read(make([]byte, 1))
			return errors.Join(err, check(string(have) == text, "%d bytes came back", len(have)), check(end == io.EOF, "at the end: %v", end))
		}).run(t, rt, s)
	})
}

// oneByte reads a byte at a time.
type oneByte struct{ *tcp.Stream }

func (o oneByte) Read(co *coro.Co, b []byte) (int, error) {
	return o.Stream.Read(co, b[:min(len(b), 1)])
}

func TestTLSOverABoundConnThatReadsByteByByte(t *testing.T) {
	text := strings.Repeat("0123456789abcdef", 2000)
	onSetups(t, func(t *testing.T, rt *executor.Runtime, s setup, version uint16) {
		sc, cc := configs(version)
		x := secured(sc, cc, echoTLS, func(c *tls.Conn) error {
			if _, err := io.WriteString(c, text); err != nil {
				return err
			}
			if err := c.CloseWrite(); err != nil {
				return err
			}
			var have bytes.Buffer
			for b := make([]byte, 1); ; {
				n, err := c.Read(b)
				have.Write(b[:n])
				if err == io.EOF {
					return check(have.String() == text, "%d bytes came back", have.Len())
				}
				if err != nil {
					return err
				}
			}
		})
		x.wrap = func(s *tcp.Stream) stdnet.Stream { return oneByte{s} }
		x.run(t, rt, s)
	})
}

func TestATLSSessionOverABoundConnIsResumed(t *testing.T) {
	onSetups(t, func(t *testing.T, rt *executor.Runtime, s setup, version uint16) {
		sc, cc := configs(version)
		cc.ClientSessionCache = tls.NewLRUClientSessionCache(1)
		for i := range 3 {
			resumed := func(c *tls.Conn) error {
				return check(c.ConnectionState().DidResume == (i > 0), "session %d, resumed: %v", i, c.ConnectionState().DidResume)
			}
			secured(sc, cc, func(c *tls.Conn) error {
				return errors.Join(resumed(c), echoTLS(c))
			}, func(c *tls.Conn) error {
				if _, err := c.Write([]byte("x")); err != nil {
					return err
				}
				_, err := io.ReadFull(c, make([]byte, 1)) // in TLS 1.3 the ticket comes before it
				return errors.Join(err, resumed(c))
			}).run(t, rt, s)
		}
	})
}

// A connection that ends within a record was cut off. At the end of a record crypto/tls takes it for an end: it does so
// over every net.Conn, since many servers send no close_notify.
func TestATLSSessionThatIsCutOffIsAnUnexpectedEOF(t *testing.T) {
	for last, want := range map[string]error{"\x17\x03\x03\x00": io.ErrUnexpectedEOF, "": nil} {
		onSetups(t, func(t *testing.T, rt *executor.Runtime, s setup, version uint16) {
			sc, cc := configs(version)
			x := secured(sc, cc, func(c *tls.Conn) error {
				_, err := io.ReadAll(c)
				return check(err == want, "after %q the end is %v", last, err)
			}, nil)
			x.client = func(c net.Conn) error {
				s := tls.Client(c, cc)
				_, err := s.Write([]byte("half a mess"))
				_, lerr := io.WriteString(c, last)
				cw := c.(interface{ CloseWrite() error }).CloseWrite()
				_, rerr := io.ReadAll(c)
				return errors.Join(err, lerr, cw, rerr)
			}
			x.run(t, rt, s)
		})
	}
}

// A peer that does not prove who it is gets no session.
func TestATLSHandshakeWithoutACertificateFails(t *testing.T) {
	onSetups(t, func(t *testing.T, rt *executor.Runtime, s setup, version uint16) {
		sc, cc := configs(version)
		cc.Certificates = nil
		session{
			server: func(c net.Conn) error {
				err := tls.Server(c, sc).Handshake()
				return check(err != nil && strings.Contains(err.Error(), "certificate"), "the handshake: %v", err)
			},
			client: func(c net.Conn) error {
				s := tls.Client(c, cc)
				_, err := s.Read(make([]byte, 1))
				return check(err != nil && strings.Contains(err.Error(), "remote error: tls: "), "the client: %v", err)
			},
		}.run(t, rt, s)
	})
}

// A peer that says nothing holds up a handshake until a deadline of the connection, of a scope, or of a context.
func TestATLSHandshakeOverABoundConnTimesOut(t *testing.T) {
	onEach(t, func(t *testing.T, co *coro.Co, a, _ stdnet.Stream) error {
		sc, cc := configs(tls.VersionTLS13)
		for name, ends := range map[string]func(c *tls.Conn) error{
			"a deadline": func(c *tls.Conn) error {
				c.SetDeadline(time.Now().Add(time.Millisecond))
				defer c.SetDeadline(time.Time{})
				return c.Handshake()
			},
			"a scope": func(c *tls.Conn) error {
				return coro.WithTimeout(co, time.Millisecond, func(*coro.Co) error { return c.Handshake() })
			},
		} {
			for who, c := range map[string]*tls.Conn{"server": tls.Server(stdnet.Bind(co, a), sc), "client": tls.Client(stdnet.Bind(co, a), cc)} {
				err := ends(c)
				var ne net.Error
				if !errors.As(err, &ne) || !ne.Timeout() || !errors.Is(err, os.ErrDeadlineExceeded) {
					t.Errorf("%s, %s: the error is %v", name, who, err)
				}
			}
		}
		// crypto/tls closes the connection at the end of a context, on a goroutine of its own.
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		defer cancel()
		if err := tls.Server(stdnet.Bind(co, a), sc).HandshakeContext(ctx); err != context.DeadlineExceeded {
			t.Errorf("a context: the error is %v", err)
		}
		_, err := a.Read(co, make([]byte, 1))
		wantOp(t, "read", err, net.ErrClosed)
		return nil
	})
}

// The Close of a tls.Conn writes its close_notify. In the clean-up of a task that was aborted, only a shield lets it: without
// one the peer gets no byte more.
func TestATLSConnIsClosedUnderAShield(t *testing.T) {
	for _, shielded := range []bool{true, false} {
		rt := newRuntime(t, executor.Options{})
		sc, cc := configs(tls.VersionTLS13)
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		peer := goes(func() error {
			c, err := l.Accept()
			if err != nil {
				return err
			}
			defer c.Close()
			s := tls.Server(c, sc)
			if err := s.Handshake(); err != nil {
				return err
			}
			if _, err := s.Write([]byte("x")); err != nil {
				return err
			}
			rest, err := io.ReadAll(c)
			return errors.Join(err, check((len(rest) > 0) == shielded, "shielded: %v, the peer has got %d bytes", shielded, len(rest)))
		})
		reads := make(chan struct{})
		h := executor.Do(rt, func(co *coro.Co) error {
			s, err := tcp.Dial(co, "tcp", l.Addr().String())
			if err != nil {
				return err
			}
			c := tls.Client(stdnet.Bind(co, s), cc)
			defer func() {
				if !shielded {
					if err := c.Close(); !errors.Is(err, core.ErrCancelled) {
						t.Errorf("Close without a shield: %v", err)
					}
					return
				}
				if err := coro.Shield(co, func(*coro.Co) error { return c.Close() }); err != nil {
					t.Errorf("Close under a shield: %v", err)
				}
			}()
			if _, err := io.ReadFull(c, make([]byte, 1)); err != nil {
				return err
			}
			close(reads)
			_, err = c.Read(make([]byte, 1))
			return err
		})
		<-reads
		h.Abort()
		if err := finish(t, h); !errors.Is(err, core.ErrCancelled) {
			t.Errorf("the task has ended with %v", err)
		}
		if err := peer(); err != nil {
			t.Error(err)
		}
	}
}
