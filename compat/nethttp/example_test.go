package nethttp_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/moduvex/moduvex-go/compat/nethttp"
	"github.com/moduvex/moduvex-go/compat/stdnet"
	"github.com/moduvex/moduvex-go/executor"
)

func Example() {
	rt, err := executor.New(executor.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer rt.Close()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{name}", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "hello,", r.PathValue("name"))
	})
	s := &nethttp.Server{Runtime: rt, HTTP: &http.Server{Handler: mux}}
	l, err := stdnet.Listen(rt, "tcp", "127.0.0.1:0") // or ListenAndServe, with HTTP.Addr
	if err != nil {
		log.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()

	print(http.Get("http://" + l.Addr().String() + "/gopher"))
	http.DefaultClient.CloseIdleConnections()
	if err := s.Shutdown(context.Background()); err != nil {
		log.Fatal(err)
	}
	fmt.Println(<-served)
	// Output:
	// hello, gopher
	// http: Server closed
}

// print prints the body of a response.
func print(res *http.Response, err error) {
	if err != nil {
		log.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(string(b))
}

// A test uses a server of this package with the certificate and the client of net/http/httptest.
func ExampleServer_ServeTLS() {
	rt, err := executor.New(executor.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer rt.Close()
	certs := httptest.NewTLSServer(nil)
	defer certs.Close()
	s := &nethttp.Server{Runtime: rt, HTTP: &http.Server{
		Handler:   http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, r.Proto, r.TLS.ServerName) }),
		TLSConfig: &tls.Config{Certificates: certs.TLS.Certificates},
	}}
	l, err := stdnet.Listen(rt, "tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.ServeTLS(l, "", "") }() // the configuration has a certificate

	client := certs.Client()
	client.Transport.(*http.Transport).TLSClientConfig.ServerName = "example.com"
	print(client.Get("https://" + l.Addr().String()))
	client.CloseIdleConnections()
	if err := s.Close(); err != nil {
		log.Fatal(err)
	}
	fmt.Println(<-served)
	// Output:
	// HTTP/1.1 example.com
	// http: Server closed
}

// The server has no more than two connections; the third client waits until one of the others leaves.
func ExampleServer_limits() {
	rt, err := executor.New(executor.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer rt.Close()
	s := &nethttp.Server{
		Runtime:         rt,
		MaxConns:        2,
		MaxConnsPerAddr: 100,
		HTTP: &http.Server{
			Handler:           http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "welcome") }),
			ReadHeaderTimeout: 10 * time.Second,
			IdleTimeout:       5 * time.Minute,
			MaxHeaderBytes:    64 << 10,
		},
	}
	l, err := stdnet.Listen(rt, "tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()

	url := "http://" + l.Addr().String()
	clients := make([]http.Client, 3)
	for i := range clients {
		clients[i].Transport = &http.Transport{}
	}
	print(clients[0].Get(url))
	print(clients[1].Get(url))
	go clients[0].CloseIdleConnections() // or IdleTimeout
	print(clients[2].Get(url))
	fmt.Println(s.Stats().Accepted)
	for i := range clients {
		clients[i].CloseIdleConnections()
	}
	if err := s.Close(); err != nil {
		log.Fatal(err)
	}
	fmt.Println(<-served)
	// Output:
	// welcome
	// welcome
	// welcome
	// 3
	// http: Server closed
}
