package nethttp_test

import (
	"net/http"
	"strings"
	"testing"
)

// first adds the path /first, for a request before those that a test is about.
func first(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/first" {
			return
		}
		h.ServeHTTP(w, r)
	})
}

// A conversation is a handler and its client, each of which adds to the transcript what it sees.
type conversation struct {
	handler func(t *testing.T, tr *transcript) http.Handler
	client  func(t *testing.T, tr *transcript, c *client)
	set     []func(*http.Server)
	except  []exception
}

// compare has the conversation on a new connection and on one that was parked, over each kind of server.
func (v conversation) compare(t *testing.T) {
	t.Helper()
	compare(t, func(t *testing.T, k kind) *transcript {
		tr := new(transcript)
		s := k.serve(t, first(v.handler(t, tr)), v.set...)
		tr.add("client", "on a new connection")
		v.client(t, tr, s.dial(t))
		tr.add("client", "on a connection that was parked")
		v.client(t, tr, s.dialed(t, 1)[0])
		return tr
	}, v.except...)
}

// compareRaw has the client write requests and read until the end: its transcript is what the server writes.
func compareRaw(t *testing.T, requests string, handler func(tr *transcript, w http.ResponseWriter, r *http.Request), except ...exception) {
	t.Helper()
	conversation{
		handler: func(_ *testing.T, tr *transcript) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler(tr, w, r) })
		},
		client: func(_ *testing.T, tr *transcript, c *client) {
			for line := range strings.SplitSeq(c.exchange(noPause, requests), `\r\n`) {
				tr.add("client", "%s", line)
			}
		},
		except: except,
	}.compare(t)
}

// gets makes requests of paths.
func gets(paths ...string) string {
	var b strings.Builder
	for _, path := range paths {
		b.WriteString("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n")
	}
	return b.String()
}
