package nethttp_test

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/executor/modetest"
)

// A ReadTimeout begins with the request, and not when its header is there: a body that comes after that is too late.
func TestAReadTimeoutCountsTheTimeOfTheHeader(t *testing.T) {
	if !modetest.First() {
		t.Skip("it waits")
	}
	const limit = 150 * time.Millisecond
	ca := newAuthority(t)
	for name, secure := range map[string]bool{"plain": false, "TLS": true} {
		for which, kept := range map[string]bool{"first": false, "second": true} {
			t.Run(name+", "+which, func(t *testing.T) {
				compare(t, func(t *testing.T, k kind) *transcript {
					tr := new(transcript)
					began := make(chan struct{}, 1)
					h := first(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						began <- struct{}{}
						b, err := io.ReadAll(r.Body)
						tr.add("handler", "%q %t", b, isTimeout(err))
					}))
					set := func(s *http.Server) { s.ReadTimeout, s.ReadHeaderTimeout, s.IdleTimeout = limit, time.Hour, time.Hour }
					var c net.Conn
					var s *site
					if secure {
						s = k.serveTLS(t, h, ca, set)
						c = tls.Client(s.dial(t), ca.client())
					} else {
						s = k.serve(t, h, set)
						c = s.dial(t)
					}
					if kept {
						io.WriteString(c, gets("/first"))
						must[*http.Response](t)(http.ReadResponse(bufio.NewReader(c), nil))
						s.waitParked(t, 1)
					}
					io.WriteString(c, "POST /slow HTTP/1.1\r\nHost: x\r\n")
					time.Sleep(2 * limit) // the timeout passes
					io.WriteString(c, "Content-Length: 3\r\n\r\n")
					within(t, "the handler", began)
					io.WriteString(c, "abc")
					if !eventually(func() bool { return tr.count("handler") > 0 }) {
						t.Error("the handler waits")
					}
					return tr
				})
			})
		}
	}
}
