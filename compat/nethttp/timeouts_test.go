package nethttp_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// short is a timeout that a test waits for, long enough for a request before it.
const short = 300 * time.Millisecond

// A timeoutTest has requests that a timeout ends, on new connections, and on some that have had a request.
type timeoutTest struct {
	set    func(s *http.Server)
	fresh  []string
	second []string
	lines  int // of the handlers
}

var timeoutTests = map[string]timeoutTest{
	"idle": {
		set:    func(s *http.Server) { s.IdleTimeout = short },
		second: []string{"", gets("/again")},
		lines:  1,
	},
	"header": {
		set:    func(s *http.Server) { s.ReadHeaderTimeout = short },
		fresh:  []string{"", "G", "GET / HTTP/1.1\r\nHo", "GET / HTTP/1.1\r\nHost: x\r\n"},
		second: []string{"GET / HTTP/1.1\r\nHo", "GET / HTTP/1.1\r\nHost: x\r\n", gets("/again") + "GET /"},
		lines:  1,
	},
	"read": {
		set:    func(s *http.Server) { s.ReadTimeout = short },
		fresh:  []string{"", "GET / HTTP/1.1\r\nHo", upload + "\r\n123", upload + "Expect: 100-continue\r\n\r\n"},
		second: []string{"", "GET / HTTP/1.1\r\nHo", upload + "\r\n123", upload + "Expect: 100-continue\r\n\r\n"},
		lines:  4,
	},
	"write": {
		set:    func(s *http.Server) { s.WriteTimeout = short },
		fresh:  []string{gets("/slow")},
		second: []string{gets("/slow")},
		lines:  2,
	},
	"header, and a longer idle": {
		set:    func(s *http.Server) { s.ReadHeaderTimeout, s.IdleTimeout = short, time.Hour },
		fresh:  []string{"GET / HTTP/1.1\r\nHo"},
		second: []string{"POST", "GET / HTTP/1.1\r\nHo"},
	},
}

func TestTimeouts(t *testing.T) {
	sparing(t)
	for name, test := range timeoutTests {
		t.Run(name, func(t *testing.T) {
			compare(t, func(t *testing.T, k kind) *transcript {
				tr := new(transcript)
				s := k.serve(t, first(test.handler(tr)), test.set)
				clients := make([]*client, len(test.second))
				for i := range clients {
					clients[i] = s.dial(t)
					clients[i].get(t, "/first")
				}
				if strings.HasPrefix(name, "header") {
					s.waitParked(t, len(clients))
				}
				for i, request := range test.second {
					clients[i].write(t, request)
				}
				for _, request := range test.fresh {
					c := s.dial(t)
					c.write(t, request)
					clients = append(clients, c)
				}
				for _, c := range clients { // they wait at a time
					tr.add("client", "%s", c.rest())
				}
				if !eventually(func() bool { return tr.count("handler") >= test.lines }) {
					t.Errorf("%d lines of handlers, want %d", tr.count("handler"), test.lines)
				}
				tr.sort("handler")
				return tr
			})
		})
	}
}

func (timeoutTest) handler(tr *transcript) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			await(r.Context(), time.After(2*short))
			_, err := w.Write(make([]byte, 100_000))
			tr.add("handler", "%t", isTimeout(err))
			return
		}
		body, err := io.ReadAll(r.Body)
		tr.add("handler", "%s %s %q, %t %t", r.Method, r.URL, body, isTimeout(err), err == nil)
		fmt.Fprint(w, errors.Is(err, http.ErrBodyReadAfterClose))
	})
}
