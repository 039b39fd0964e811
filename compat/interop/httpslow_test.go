package interop_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// slowConns is how many connections slowhttptest opens.
const slowConns = 2000

// slowhttptest sends headers, or bodies, a few bytes a second. A timeout of the server ends that. Meanwhile other clients
// are served, and headers hold no goroutine.
func TestHTTPSlowClients(t *testing.T) {
	slow := tool(t, "slowhttptest", "slowhttptest")
	conns, timeout := slowConns, 3*time.Second
	if testing.Short() {
		conns, timeout = conns/10, 2*time.Second
	}
	for _, test := range []struct{ name, flag string }{{"headers", "-H"}, {"bodies", "-B"}} {
		t.Run(test.name, func(t *testing.T) {
			overHTTP(t, func(t *testing.T, k httpKind) {
				flat := test.name == "headers" // the handler of a slow body holds a goroutine, or the coroutine of a task
				slowClients(t, k, slow, test.flag, conns, timeout, flat)
			})
		})
	}
}

// slowClients runs slowhttptest. If flat, the number of goroutines must not follow that of connections.
func slowClients(t *testing.T, k httpKind, slow, flag string, conns int, timeout time.Duration, flat bool) {
	var open, all atomic.Int64
	most := int64(0) // of those that were open at a time
	s := k.serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			http.Error(w, err.Error(), http.StatusRequestTimeout)
		}
	}), nil, func(s *http.Server) {
		s.ReadHeaderTimeout, s.ReadTimeout = timeout, timeout
		s.ConnState = func(_ net.Conn, state http.ConnState) {
			switch state {
			case http.StateNew:
				open.Add(1)
				all.Add(1)
			case http.StateClosed:
				open.Add(-1)
			}
		}
	})
	before := runtime.NumGoroutine()
	url := "http://" + strings.Replace(s.host, "localhost", "127.0.0.1", 1) + "/"
	cmd := exec.CommandContext(testContext(t), slow, flag, "-c", fmt.Sprint(conns), "-r", fmt.Sprint(conns), "-i", "1", "-x", "10",
		"-u", url, "-l", "25", "-p", "3")
	var out buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	defer func() {
		cmd.Process.Kill()
		<-ended
	}()

	transport := new(http.Transport)
	defer transport.CloseIdleConnections()
	c := &http.Client{Transport: transport}
	served := func() {
		if _, err := httpTryGet(testContext(t), c, url); err != nil {
			t.Errorf("another client: %v", err)
		}
	}
	held := 0
	if !eventually(func() bool {
		most = max(most, open.Load())
		held = max(held, runtime.NumGoroutine()-before)
		served()
		return all.Load() >= int64(conns)
	}) {
		t.Fatalf("there are %d connections: %s", all.Load(), out.String())
	}
	t.Logf("%d connections at a time, %d goroutines", most, held)
	if flat && s.counts() && held > int(most)/10 {
		t.Errorf("%d connections hold %d goroutines", most, held)
	}
	transport.CloseIdleConnections()
	if !eventually(func() bool { served(); transport.CloseIdleConnections(); return open.Load() <= 1 }) {
		t.Errorf("%d connections go on beyond their timeout", open.Load())
	}
}
