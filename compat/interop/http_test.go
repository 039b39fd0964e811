package interop_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"testing"
)

// serveHTTP serves until the end of the test, and returns host and port for a URL, if it has a port.
func serveHTTP(t *testing.T, l net.Listener, h http.Handler, cert *certificate) string {
	t.Helper()
	server := &http.Server{Handler: h}
	served := make(chan error, 1)
	go func() {
		if cert == nil {
			served <- server.Serve(l)
			return
		}
		server.TLSConfig = cert.server()
		served <- server.ServeTLS(l, "", "")
	}()
	t.Cleanup(func() {
		if err := server.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("Serve returns %v", err)
		}
	})
	_, port, _ := net.SplitHostPort(l.Addr().String()) // a Unix socket has none
	return "localhost:" + port
}
