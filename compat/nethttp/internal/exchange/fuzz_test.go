package exchange_test

import (
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/moduvex/moduvex-go/compat/nethttp/internal/exchange"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
)

// FuzzRequests sends what it is given to both servers, and compares all that they answer. With tasks, the first read ends after
// at bytes at most.
func FuzzRequests(f *testing.F) {
	for i, c := range rawCases() {
		if len(c.raw) < 1000 {
			f.Add(c.raw, uint8(i), uint8(i))
		}
	}
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if co := exchange.Co(r.Context()); co != nil {
			_ = coro.Sleep(co, 0)
		}
		read := r.URL.Query().Get("read") != "no"
		var b []byte
		var err error
		if read {
			b, err = io.ReadAll(r.Body)
		}
		for name := range r.URL.Query() {
			w.Header().Set("X-"+name, r.URL.Query().Get(name))
		}
		fmt.Fprintf(w, "%q %q %q %q %t %d %q %v %q %v", r.Method, r.RequestURI, r.Proto, r.Host, r.Close, r.ContentLength, r.Header, r.Trailer, b, err)
	})
	rt := newRuntime(f, executor.Options{})
	var next atomic.Pointer[options]
	own := tasks(f, rt, &http.Server{Handler: h, MaxHeaderBytes: 1000}, options{each: func() options { return *next.Load() }})
	std := goroutines(f, &http.Server{Handler: h, MaxHeaderBytes: 1000})
	f.Fuzz(func(t *testing.T, raw string, at, how uint8) {
		if !modetest.First() {
			return
		}
		next.Store(&options{chop: int(at), headed: how&1 != 0, choppy: how&2 != 0})
		if how&4 != 0 {
			raw += sentinel
		}
		if got, want := plain(talk(t, own.addr, raw, true)), plain(talk(t, std.addr, raw, true)); got != want {
			t.Errorf("%q: %s", raw, difference(got, want))
		}
	})
}
