package nethttp_test

import (
	"bufio"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/executor/modetest"
)

// A valve is a connection below a client's TLS. It keeps what is written while it is closed.
type valve struct {
	net.Conn
	closed bool
	kept   []byte
}

func (v *valve) Write(b []byte) (int, error) {
	if v.closed {
		v.kept = append(v.kept, b...)
		return len(b), nil
	}
	return v.Conn.Write(b)
}

// take returns what f writes.
func (v *valve) take(f func()) []byte {
	v.closed, v.kept = true, nil
	f()
	v.closed = false
	v.SetWriteDeadline(time.Time{}) // which CloseWrite has set
	return v.kept
}

// tlsOver connects to s with a version of TLS over a valve, and makes a first request.
func tlsOver(t *testing.T, s *site, ca *authority, version uint16) (*client, *valve) {
	t.Helper()
	v := &valve{Conn: s.dial(t).Conn}
	config := ca.client()
	config.MinVersion, config.MaxVersion = version, version
	c := tls.Client(v, config)
	secured := &client{c, bufio.NewReader(c), s}
	secured.get(t, "/first")
	return secured, v
}

var versions = map[string]uint16{"TLS 1.2": tls.VersionTLS12, "TLS 1.3": tls.VersionTLS13}

func hello(w http.ResponseWriter, r *http.Request) {
	if err := r.Context().Err(); err != nil {
		io.WriteString(w, err.Error())
	}
	io.WriteString(w, r.URL.Path)
}

// A record comes to a parked connection in two parts, cut at each byte. Only when it is there whole, the connection is served.
func TestARecordInTwoPartsForAParkedConnection(t *testing.T) {
	ca := newAuthority(t)
	for name, version := range versions {
		t.Run(name, func(t *testing.T) {
			s := kinds[1].serveTLS(t, http.HandlerFunc(hello), ca)
			c, v := tlsOver(t, s, ca, version)
			for at := 1; ; at++ {
				s.waitParked(t, 1)
				resumes := s.ours.Stats().Resumes
				record := v.take(func() { c.write(t, gets("/a")) })
				if at >= len(record) {
					break
				}
				v.Write(record[:at])
				if st := s.ours.Stats(); st.Resumes != resumes || st.Parked != 1 {
					t.Errorf("%+v after %d of %d bytes", st, at, len(record))
				}
				v.Write(record[at:])
				if status, body := c.response(t, http.MethodGet); status != 200 || body != "/a" {
					t.Fatalf("cut at %d: %d %q", at, status, body)
				}
			}
		})
	}
}

// Several records come at a time: parts of a request, two requests, and a request before the client's close_notify.
func TestRecordsThatComeAtATime(t *testing.T) {
	ca := newAuthority(t)
	for name, version := range versions {
		t.Run(name, func(t *testing.T) {
			compare(t, func(t *testing.T, k kind) *transcript {
				tr := new(transcript)
				s := k.serveTLS(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.URL.Path) }), ca)
				c, v := tlsOver(t, s, ca, version)
				for i := range 3 {
					if i == 1 {
						s.waitParked(t, 1)
					}
					v.Write(v.take(func() {
						for _, b := range []byte(gets("/a", "/b")) {
							c.write(t, string(b))
						}
					}))
					for range 2 {
						status, body := c.response(t, http.MethodGet)
						tr.add("client", "%d %s", status, body)
					}
				}
				request := v.take(func() { c.write(t, gets("/last")) })
				end := v.take(func() { c.Conn.(*tls.Conn).CloseWrite() })
				v.Write(slices.Concat(request, end))
				status, body := c.response(t, http.MethodGet)
				tr.add("client", "%d %s", status, body)
				tr.add("client", "%s", c.rest())
				return tr
			})
		})
	}
}

// A request is answered, and its context goes on, when a part of the close_notify is there, for which net/http waits.
func TestARequestBeforeAPartOfTheLastRecord(t *testing.T) {
	ca := newAuthority(t)
	for name, version := range versions {
		for _, k := range kinds[:2] {
			t.Run(name+", "+k.name, func(t *testing.T) {
				s := k.serveTLS(t, http.HandlerFunc(hello), ca)
				c, v := tlsOver(t, s, ca, version)
				request := v.take(func() { c.write(t, gets("/a")) })
				end := v.take(func() { c.Conn.(*tls.Conn).CloseWrite() })
				v.Write(slices.Concat(request, end[:len(end)-1]))
				if status, body := c.response(t, http.MethodGet); status != 200 || body != "/a" {
					t.Errorf("%d %q", status, body)
				}
				v.Write(end[len(end)-1:])
				if got := c.rest(); got != `"", EOF` {
					t.Errorf("the end is %s", got)
				}
			})
		}
	}
}

// Handshakes that fail are logged, and their connections closed, as by net/http.
func TestHandshakesThatFail(t *testing.T) {
	ca := newAuthority(t)
	ports := regexp.MustCompile(`127\.0\.0\.1:\d+`)
	config := func(change func(c *tls.Config)) func(*http.Server) {
		return func(s *http.Server) { change(s.TLSConfig) }
	}
	for name, c := range map[string]struct {
		set    func(*http.Server)
		client func(c *client)
	}{
		"no byte":      {nil, func(c *client) { c.Close() }},
		"one byte":     {nil, func(c *client) { io.WriteString(c, "\x16"); c.Close() }},
		"plain":        {nil, func(c *client) { io.WriteString(c, gets("/")) }},
		"nonsense":     {nil, func(c *client) { io.WriteString(c, "\x00\x01\x02\x03\x04\x05\x06") }},
		"large record": {nil, func(c *client) { io.WriteString(c, "\x16\x03\x01\xff\xff") }},
		"old version": {nil, func(c *client) {
			tls.Client(c.Conn, &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11, InsecureSkipVerify: true}).Handshake()
		}},
		"no trust": {nil, func(c *client) { tls.Client(c.Conn, &tls.Config{ServerName: "localhost"}).Handshake(); c.Close() }},
		"no protocol": {nil, func(c *client) {
			tls.Client(c.Conn, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"x"}}).Handshake()
		}},
		"an error": {config(func(c *tls.Config) {
			c.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) { return nil, errors.New("no") }
		}), shakes(ca)},
		"a panic": {config(func(c *tls.Config) {
			c.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) { panic("boom") }
		}), shakes(ca)},
		"a quiet panic": {config(func(c *tls.Config) {
			c.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) { panic(http.ErrAbortHandler) }
		}), shakes(ca)},
	} {
		t.Run(name, func(t *testing.T) {
			compare(t, func(t *testing.T, k kind) *transcript {
				tr := new(transcript)
				set := c.set
				if set == nil {
					set = func(*http.Server) {}
				}
				s := k.serveTLS(t, http.HandlerFunc(hello), ca, set)
				client := s.dial(t)
				c.client(client)
				if !strings.Contains(name, "byte") && name != "no trust" {
					if got := client.rest(); name == "plain" {
						tr.add("client", "%s", got)
					}
				}
				if !eventually(func() bool { return slices.Contains(s.conns.of(0), http.StateClosed) }) {
					t.Fatal("the connection is not closed")
				}
				tr.add("server", "%v", s.conns.of(0))
				log, _, _ := strings.Cut(s.log.String(), "\n")
				tr.add("log", "%s", ports.ReplaceAllString(log, "addr"))
				return tr
			})
		})
	}
}

func shakes(ca *authority) func(*client) {
	return func(c *client) { tls.Client(c.Conn, ca.client()).Handshake() }
}

// Clients that connect and do not begin a handshake hold no goroutine, and Shutdown closes them.
func TestClientsThatDoNotShakeHands(t *testing.T) {
	if !modetest.First() {
		return
	}
	ca := newAuthority(t)
	s := kinds[0].serveTLS(t, http.HandlerFunc(hello), ca)
	checkFlat(t, s, 200, func(*client) {})
}
