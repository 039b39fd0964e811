package nethttp_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/compat/nethttp"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
)

// testTimeout is how long a test waits for what must happen. It only ever passes in a test that fails.
const testTimeout = 20 * time.Second

// A kind is a kind of server that the suite runs over.
type kind struct {
	name     string
	std      bool // net/http itself
	exchange nethttp.Exchange
	linger   time.Duration
}

// reference is what every other kind is compared with, in the same run: no test has a text of net/http's.
var reference = kind{name: "net/http", std: true}

// kinds are those of this package. Without a linger, every request after the first passes through a park. A linger is
// short, since most tests wait for its end.
var kinds = []kind{
	{name: "goroutines", exchange: nethttp.Goroutines, linger: 2 * time.Millisecond},
	{name: "goroutines without linger", exchange: nethttp.Goroutines, linger: -1},
	{name: "tasks", exchange: nethttp.Tasks, linger: 2 * time.Millisecond},
	{name: "tasks without linger", exchange: nethttp.Tasks, linger: -1},
}

// engine is what the servers of both packages can do.
type engine interface {
	ListenAndServe() error
	ListenAndServeTLS(certFile, keyFile string) error
	Serve(l net.Listener) error
	ServeTLS(l net.Listener, certFile, keyFile string) error
	Shutdown(ctx context.Context) error
	Close() error
	SetKeepAlivesEnabled(on bool)
	RegisterOnShutdown(f func())
}

// A site is a server that runs.
type site struct {
	engine
	kind   kind
	http   *http.Server
	ours   *nethttp.Server // nil for net/http
	addr   string
	log    *buffer
	conns  conns
	served chan error
}

// serve serves over TCP on loopback until the end of the test. set may change the configuration.
func (k kind) serve(t testing.TB, h http.Handler, set ...func(*http.Server)) *site {
	t.Helper()
	s := k.newSite(t, h, set...)
	s.serve(t, s.Serve)
	return s
}

// serveTLS is serve with TLS. Its configuration has a certificate of newAuthority.
func (k kind) serveTLS(t testing.TB, h http.Handler, ca *authority, set ...func(*http.Server)) *site {
	t.Helper()
	s := k.newSite(t, h, append([]func(*http.Server){func(s *http.Server) { s.TLSConfig = ca.server() }}, set...)...)
	s.serve(t, func(l net.Listener) error { return s.ServeTLS(l, "", "") })
	return s
}

// newSite makes a server that does not serve yet.
func (k kind) newSite(t testing.TB, h http.Handler, set ...func(*http.Server)) *site {
	t.Helper()
	s := &site{kind: k, log: new(buffer), served: make(chan error, 1)}
	s.http = &http.Server{Handler: h, ErrorLog: log.New(s.log, "", 0)}
	for _, f := range set {
		f(s.http)
	}
	s.conns.follow(s.http)
	if k.std {
		s.engine = s.http
		return s
	}
	rt, err := executor.New(modetest.Options(executor.Options{}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if !eventually(func() bool { return len(rt.Tasks()) == 0 }) {
			t.Errorf("%s: tasks are left: %+v", k.name, rt.Tasks())
		}
		if err := rt.Close(); err != nil {
			t.Errorf("%s: the runtime's Close returns %v", k.name, err)
		}
	})
	s.ours = &nethttp.Server{Runtime: rt, HTTP: s.http, Exchange: k.exchange, Linger: k.linger}
	s.engine = s.ours
	return s
}

func (s *site) serve(t testing.TB, serve func(net.Listener) error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.addr = l.Addr().String()
	go func() { s.served <- serve(l) }()
	t.Cleanup(func() { s.end(t) })
}

// end closes the server. It may have been closed or shut down before.
func (s *site) end(t testing.TB) {
	t.Helper()
	if err := s.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		t.Errorf("%s: Close returns %v", s.kind.name, err)
	}
	select {
	case err := <-s.served:
		if !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("%s: Serve returns %v", s.kind.name, err)
		}
	case <-time.After(testTimeout):
		t.Errorf("%s: Serve goes on after Close", s.kind.name)
	}
	s.conns.check(t, s.kind.name)
}

// waitParked waits until all connections are parked, n at least, if this server parks any.
func (s *site) waitParked(t testing.TB, n int) {
	t.Helper()
	if s.ours == nil {
		return
	}
	if !eventually(func() bool { st := s.ours.Stats(); return st.Served == 0 && st.Parked >= n }) {
		t.Fatalf("%s: %+v, want %d connections to be parked", s.kind.name, s.ours.Stats(), n)
	}
}

// sparing is for tests that take long: they run once for tasks that stay and once for tasks that move. Under -short they run
// once, and on Linux: they are about bytes, and the emulators of other systems are slow.
func sparing(t *testing.T) {
	t.Helper()
	if !modetest.FirstOfScheduling() || testing.Short() && (!modetest.First() || runtime.GOOS != "linux") {
		t.Skip("it takes long")
	}
}

// fileWith returns the name of a file with data. It needs no os.RemoveAll, which fails under Wine.
func fileWith(tb testing.TB, data []byte) string {
	tb.Helper()
	f, err := os.CreateTemp("", "nethttp")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { os.Remove(f.Name()) })
	if _, err := f.Write(data); err != nil {
		tb.Fatal(err)
	}
	if err := f.Close(); err != nil {
		tb.Fatal(err)
	}
	return f.Name()
}

// A scenario uses a server of a kind and returns a transcript: a line for each thing that a client, a handler or a
// hook has seen. It must not contain what differs between two runs of one server, such as ports.
type scenario func(t *testing.T, k kind) *transcript

// compare runs a scenario over net/http and over each kind of this package, and compares the transcripts. The reasons
// tell why a kind of exchange cannot do it.
func compare(t *testing.T, run scenario, except ...exception) {
	t.Helper()
	if testing.Short() && !modetest.FirstOfScheduling() {
		t.Skip("it was compared with as few workers")
	}
	want := run(t, reference).String()
	if want == "" || t.Failed() {
		t.Fatalf("net/http fails: %s", want)
	}
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			for _, e := range except {
				if e.exchange == k.exchange {
					t.Skip(e.reason)
				}
			}
			if got := run(t, k).String(); got != want {
				t.Errorf("%s", difference(got, want))
			}
		})
	}
}

// An exception is what an exchange cannot do.
type exception struct {
	exchange nethttp.Exchange
	reason   string
}

// notInTasks is an exception of the exchange Tasks.
func notInTasks(reason string) exception { return exception{nethttp.Tasks, reason} }

// difference names the lines that differ.
func difference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(g), len(w)) {
		if i >= len(g) || i >= len(w) || g[i] != w[i] {
			return fmt.Sprintf("line %d is\n%s\nand net/http's is\n%s\nafter\n%s", i+1, lines(g, i), lines(w, i),
				strings.Join(g[max(0, i-3):min(i, len(g))], "\n"))
		}
	}
	return "the same"
}

func lines(of []string, i int) string {
	if i >= len(of) {
		return "missing"
	}
	return strings.Join(of[i:min(len(of), i+4)], "\n")
}

// eventually waits until a condition holds, and returns false if it does not within testTimeout.
func eventually(holds func() bool) bool {
	for end := time.Now().Add(testTimeout); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			return false
		}
	}
	return true
}

// within ends the test if a channel has no value within testTimeout.
func within[T any](t testing.TB, what string, c <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(testTimeout):
		t.Fatalf("%s does not happen", what)
	}
	return v
}

// must ends the test on an error.
func must[T any](t testing.TB) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// sorted returns the lines of a header, in order.
func sorted(h http.Header) string {
	var lines []string
	for name, values := range h {
		if name == "Date" {
			values = []string{"then"}
		}
		lines = append(lines, fmt.Sprintf("%s=%q", name, values))
	}
	slices.Sort(lines)
	return strings.Join(lines, " ")
}

// digest is a text for a body: itself, or its length and a sum.
func digest(b []byte) string {
	if len(b) <= 200 {
		return fmt.Sprintf("%q", b)
	}
	var sum uint64
	for _, c := range b {
		sum = sum*31 + uint64(c)
	}
	return fmt.Sprintf("%d bytes %x", len(b), sum)
}

// readAll returns a text for what a reader has, and for how it ends.
func readAll(r io.Reader) string {
	b, err := io.ReadAll(r)
	return fmt.Sprintf("%s, %v", digest(b), err)
}
