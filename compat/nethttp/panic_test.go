package nethttp_test

import (
	"io"
	"net/http"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

var address = regexp.MustCompile(`127\.0\.0\.1:\d+`)

// A handler that panics closes its connection, and the log has the panic.
func TestPanics(t *testing.T) {
	for name, f := range map[string]func(w http.ResponseWriter, r *http.Request){
		"first": func(http.ResponseWriter, *http.Request) { panic("in a handler") },
		"after a write": func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, "lost")
			panic("in a handler")
		},
		"after a flush": func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, "sent")
			w.(http.Flusher).Flush()
			panic("in a handler")
		},
		"after many writes": func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, strings.Repeat("x", 100_000))
			panic(io.ErrShortWrite)
		},
		"after a read": func(_ http.ResponseWriter, r *http.Request) { io.ReadAll(r.Body); panic("in a handler") },
		"on purpose":   func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"on purpose after a flush": func(w http.ResponseWriter, _ *http.Request) {
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		},
		"by the runtime": func(_ http.ResponseWriter, r *http.Request) { _ = r.Header["None"][0] },
		"after a hijack": func(w http.ResponseWriter, _ *http.Request) {
			if c, _, err := w.(http.Hijacker).Hijack(); err == nil {
				c.Close()
			}
			panic("in a handler")
		},
		"goexit": func(http.ResponseWriter, *http.Request) { runtime.Goexit() },
	} {
		t.Run(name, func(t *testing.T) {
			conversation{
				handler: func(*testing.T, *transcript) http.Handler { return http.HandlerFunc(f) },
				client: func(t *testing.T, tr *transcript, c *client) {
					tr.add("client", "%s", c.exchange(noPause, upload+"\r\n12345"+gets("/first"), ""))
					panics := strings.Count(tr.String(), "on a ") // connections
					if name == "goexit" || strings.HasPrefix(name, "on purpose") {
						panics = 0
					}
					if !eventually(func() bool {
						return c.s.conns.open() == 0 && strings.Count(c.s.log.String(), "panic serving") == panics
					}) {
						t.Errorf("the connection goes on, or the log is %s", c.s.log)
					}
					if name == "after a hijack" { // the connection ends before the panic
						eventually(func() bool { return strings.Contains(c.s.log.String(), "panic_test.go") })
					}
					log, stack, _ := strings.Cut(c.s.log.String(), "\n")
					tr.add("log", "%s", address.ReplaceAllString(log, "ADDRESS"))
					tr.add("log", "names the handler: %t", strings.Contains(stack, "panic_test.go"))
				},
			}.compare(t)
		})
	}
}
