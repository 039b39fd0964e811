package nethttp_test

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/compat/nethttp"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
)

var raceRounds = flag.Int("race.rounds", 100, "rounds of each race; fewer with -short")

func rounds() int {
	if testing.Short() {
		return min(*raceRounds, 20)
	}
	return *raceRounds
}

// A race is a server for one round, whose clients send requests while something else happens.
type race struct {
	site
	listener net.Listener
	began    atomic.Int64 // handlers
	answered atomic.Int64 // complete responses that clients have got
	latest   atomic.Value // the net.Conn that has last become active
}

const raceClients, raceRequests = 3, 3

// newRace starts a server. Most have a Unix socket: the system keeps each port of TCP for a minute.
func newRace(t *testing.T, rt *executor.Runtime, k kind, network string, set ...func(*http.Server)) *race {
	t.Helper()
	r := &race{}
	r.kind, r.served, r.log = k, make(chan error, 1), new(buffer)
	r.http = &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			r.began.Add(1)
			io.WriteString(w, q.URL.Path)
		}),
		ConnState: func(c net.Conn, state http.ConnState) {
			if state == http.StateActive {
				r.latest.Store(c)
			}
		},
	}
	for _, f := range set {
		f(r.http)
	}
	r.conns.follow(r.http)
	r.ours = &nethttp.Server{Runtime: rt, HTTP: r.http, Exchange: k.exchange, Linger: k.linger, MaxConns: 10, MaxConnsPerAddr: 10}
	r.engine = r.ours
	addr := "127.0.0.1:0"
	if network == "unix" {
		addr = filepath.Join(must[string](t)(os.MkdirTemp("", "r")), "s") // TempDir's is too long for a name
		t.Cleanup(func() { os.RemoveAll(filepath.Dir(addr)) })
	}
	l := must[net.Listener](t)(net.Listen(network, addr))
	r.listener = l
	go func() { r.served <- r.ours.Serve(l) }()
	return r
}

// request sends requests over one connection until one fails or ends leaves. Each is written in two parts.
func (r *race) request(t *testing.T, leaves func(c net.Conn, n int) bool) {
	nc, err := net.Dial(r.listener.Addr().Network(), r.listener.Addr().String())
	if err != nil {
		return // the listener is closed
	}
	defer nc.Close()
	nc.SetDeadline(time.Now().Add(testTimeout))
	c := bufio.NewReader(nc)
	for n := range raceRequests {
		text := gets(fmt.Sprint("/", n))
		at := rand.IntN(len(text))
		io.WriteString(nc, text[:at])
		spin(20 * time.Microsecond)
		if leaves(nc, n) {
			return
		}
		io.WriteString(nc, text[at:])
		res, err := http.ReadResponse(c, nil)
		if err != nil {
			if ne, ok := err.(net.Error); ok && ne.Timeout() {
				t.Errorf("request %d has no answer", n)
			}
			return
		}
		if res.StatusCode == http.StatusBadRequest && r.http.IdleTimeout+r.http.ReadHeaderTimeout > 0 {
			return // net/http takes what has come of a line for a line when its time is over
		}
		if b, err := io.ReadAll(res.Body); err != nil || string(b) != fmt.Sprint("/", n) {
			t.Errorf("the answer to request %d is %q, %v", n, b, err)
			return
		}
		r.answered.Add(1)
		spin(100 * time.Microsecond)
	}
}

func stays(net.Conn, int) bool { return false }

// spin passes the time, at most so long.
func spin(limit time.Duration) {
	for end := time.Now().Add(rand.N(limit)); time.Now().Before(end); {
		runtime.Gosched()
	}
}

// run lets the clients run while act does, and checks that nothing is left. It reports how many requests had an answer.
func (r *race) run(t *testing.T, act func(), leaves func(c net.Conn, n int) bool) int64 {
	t.Helper()
	var clients sync.WaitGroup
	for range raceClients {
		clients.Go(func() { r.request(t, leaves) })
	}
	spin(500 * time.Microsecond)
	act()
	clients.Wait()
	if err := r.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		t.Errorf("Close: %v", err)
	}
	if err := within(t, "the end of Serve", r.served); err != http.ErrServerClosed {
		t.Errorf("Serve: %v", err)
	}
	r.conns.check(t, r.kind.name)
	r.checkEmpty(t)
	return r.answered.Load()
}

// Connections that are parked, served and on the way between the two are closed once, and their handlers' answers arrive.
func TestRaces(t *testing.T) {
	for _, c := range []struct {
		name   string
		act    func(t *testing.T, r *race)
		leaves func(c net.Conn, n int) bool
		all    bool // requests have answers
		begun  bool // requests that have reached the handler have; net/http itself is not that careful but in Shutdown
		set    func(*http.Server)
	}{
		{name: "nothing", all: true},
		{name: "Shutdown", begun: true, act: func(t *testing.T, r *race) {
			if err := r.Shutdown(context.Background()); err != nil {
				t.Error(err)
			}
		}},
		{name: "Close", act: func(_ *testing.T, r *race) { r.Close() }},
		{name: "SetKeepAlivesEnabled", act: func(_ *testing.T, r *race) { r.SetKeepAlivesEnabled(false) }},
		{name: "Close of a connection", act: func(_ *testing.T, r *race) {
			if c, ok := r.latest.Load().(net.Conn); ok {
				c.Close()
			}
		}},
		{name: "a client's close", leaves: func(_ net.Conn, n int) bool { return n == 1 && rand.IntN(2) == 0 }},
		{name: "a client's reset", leaves: func(c net.Conn, n int) bool {
			if n == 0 {
				return false
			}
			if c, ok := c.(*net.TCPConn); ok {
				c.SetLinger(0)
			}
			return rand.IntN(2) == 0
		}},
		{name: "IdleTimeout", set: func(s *http.Server) { s.IdleTimeout = 100 * time.Microsecond }},
		{name: "ReadHeaderTimeout", set: func(s *http.Server) { s.ReadHeaderTimeout = 100 * time.Microsecond }},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := descriptors(t)
			rt := must[*executor.Runtime](t)(executor.New(modetest.Options(executor.Options{})))
			if c.leaves == nil {
				c.leaves = stays
			}
			for i := 0; i < rounds() && !t.Failed(); i++ {
				k := kind{name: c.name, linger: []time.Duration{-1, 200 * time.Microsecond}[i%2]}
				if i%4 > 1 {
					k.exchange = nethttp.Tasks
				}
				network := "unix"
				if i%16 < 4 || runtime.GOOS == "windows" {
					network = "tcp"
				}
				r := newRace(t, rt, k, network, func(s *http.Server) {
					if c.set != nil {
						c.set(s)
					}
				})
				n := r.run(t, func() {
					if c.act != nil {
						c.act(t, r)
					}
				}, c.leaves)
				switch {
				case c.all && n != raceClients*raceRequests:
					t.Errorf("%d requests have an answer", n)
				case c.begun && n != r.began.Load():
					t.Errorf("%d of %d requests have an answer", n, r.began.Load())
				}
			}
			if !eventually(func() bool { return len(rt.Tasks()) == 0 }) {
				t.Errorf("%d tasks are left", len(rt.Tasks()))
			}
			if err := rt.Close(); err != nil {
				t.Error(err)
			}
			if !eventually(func() bool { return descriptors(t) <= before }) {
				t.Errorf("there are %d descriptors where %d were", descriptors(t), before)
			}
		})
	}
}
