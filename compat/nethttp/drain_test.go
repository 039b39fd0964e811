package nethttp_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/moduvex/moduvex-go/compat/nethttp"
	"github.com/moduvex/moduvex-go/compat/stdnet"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
)

// The runtime drains beneath the server: parked connections end, a handler ends its request, a hijacked connection goes on, and
// Serve says that the server is closed, whichever of the two listeners it has.
func TestTheRuntimeDrains(t *testing.T) {
	for name, listen := range map[string]func(rt *executor.Runtime) (net.Listener, error){
		"net":    func(*executor.Runtime) (net.Listener, error) { return net.Listen("tcp", "127.0.0.1:0") },
		"stdnet": func(rt *executor.Runtime) (net.Listener, error) { return stdnet.Listen(rt, "tcp", "127.0.0.1:0") },
	} {
		t.Run(name, func(t *testing.T) {
			for range 20 {
				drain(t, listen)
			}
		})
	}
}

func drain(t *testing.T, listen func(rt *executor.Runtime) (net.Listener, error)) {
	t.Helper()
	rt := must[*executor.Runtime](t)(executor.New(modetest.Options(executor.Options{})))
	began, goOn, hijacked := make(chan struct{}), make(chan struct{}), make(chan net.Conn, 1)
	r := &race{}
	r.kind, r.served = kinds[1], make(chan error, 1)
	r.http = &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/slow":
			close(began)
			<-goOn
		case "/hijack":
			c, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
			}
			hijacked <- c
			return
		}
		io.WriteString(w, r.URL.Path)
	})}
	r.conns.follow(r.http)
	r.ours = &nethttp.Server{Runtime: rt, HTTP: r.http, Linger: -1}
	r.engine = r.ours
	l := must[net.Listener](t)(listen(rt))
	r.addr = l.Addr().String()
	go func() { r.served <- r.ours.Serve(l) }()
	parked, served, taken := r.dial(t), r.dial(t), r.dial(t)
	parked.get(t, "/")
	r.waitParked(t, 1)
	served.write(t, gets("/slow"))
	within(t, "the handler", began)
	taken.write(t, gets("/hijack"))
	c := within(t, "the hijack", hijacked)
	ended := make(chan error, 1)
	go func() { ended <- rt.Shutdown(context.Background()) }()
	if got := parked.rest(); got != `"", EOF` {
		t.Errorf("the parked connection ends with %s", got)
	}
	if err := within(t, "the end of Serve", r.served); err != http.ErrServerClosed {
		t.Errorf("Serve: %v", err)
	}
	close(goOn)
	if _, body := served.response(t, http.MethodGet); body != "/slow" {
		t.Errorf("the handler answers %q", body)
	}
	if err := within(t, "the end of the runtime", ended); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	if _, err := io.WriteString(c, "on"); err != nil {
		t.Errorf("the hijacked connection: %v", err)
	}
	c.Close()
	if got := taken.rest(); got != `"on", EOF` {
		t.Errorf("the client of the hijacked connection gets %s", got)
	}
	r.conns.check(t, "drain")
}
