package stdnet_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/compat/stdnet"
	"github.com/moduvex/moduvex-go/executor"
)

// The server and the client of net/http talk to each other over free connections, plain and with TLS, HTTP/1 and HTTP/2, with
// keep-alive and bodies both ways; then the server shuts down while a request is under way.
func TestFreeServesHTTP(t *testing.T) {
	serverTLS, clientTLS := configs(tls.VersionTLS13)
	serverTLS.NextProtos, clientTLS.NextProtos = nil, nil // net/http chooses
	for _, kind := range []string{"http/1.1", "https/1.1", "http/2"} {
		t.Run(kind, func(t *testing.T) {
			rt := newRuntime(t, executor.Options{})
			l, err := stdnet.Listen(rt, "tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			entered, leave := make(chan struct{}), make(chan struct{})
			mux := http.NewServeMux()
			mux.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
				b, err := io.ReadAll(r.Body)
				if err != nil {
					http.Error(w, err.Error(), http.StatusInternalServerError)
					return
				}
				w.Header().Set("Proto", r.Proto)
				w.Write(b)
			})
			mux.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) {
				close(entered)
				<-leave
				fmt.Fprint(w, "done")
			})
			server := &http.Server{Handler: mux, TLSConfig: serverTLS.Clone(), ReadTimeout: time.Minute}
			served := make(chan error, 1)
			scheme := "https"
			if kind == "http/1.1" {
				scheme = "http"
				go func() { served <- server.Serve(l) }()
			} else {
				go func() { served <- server.ServeTLS(l, "", "") }()
			}
			transport := &http.Transport{
				DialContext:       (&stdnet.Dialer{Runtime: rt, Timeout: testTimeout}).DialContext,
				TLSClientConfig:   clientTLS.Clone(),
				ForceAttemptHTTP2: kind == "http/2",
			}
			if kind != "http/2" {
				transport.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
			}
			client := &http.Client{Transport: transport, Timeout: testTimeout}
			url := scheme + "://" + l.Addr().String()

			var wg sync.WaitGroup
			for i := range 8 {
				wg.Go(func() {
					for j := range 20 {
						sent := randomBytes(1 + (i*20+j)*997)
						r, err := client.Post(url+"/echo", "", bytes.NewReader(sent))
						if err != nil {
							t.Error(err)
							return
						}
						got, err := io.ReadAll(r.Body)
						r.Body.Close()
						if err != nil || !bytes.Equal(got, sent) {
							t.Errorf("%d of %d bytes, %v", len(got), len(sent), err)
						}
						if want := map[bool]string{true: "HTTP/2.0", false: "HTTP/1.1"}[kind == "http/2"]; r.Header.Get("Proto") != want {
							t.Errorf("the protocol is %s", r.Header.Get("Proto"))
						}
					}
				})
			}
			wg.Wait()

			slow := make(chan string, 1)
			go func() {
				r, err := client.Get(url + "/slow")
				if err != nil {
					slow <- err.Error()
					return
				}
				b, _ := io.ReadAll(r.Body)
				r.Body.Close()
				slow <- string(b)
			}()
			<-entered
			down := make(chan error, 1)
			go func() { down <- server.Shutdown(context.Background()) }()
			if err := <-served; err != http.ErrServerClosed {
				t.Error(err)
			}
			close(leave)
			if got := <-slow; got != "done" {
				t.Errorf("the request under way got %q", got)
			}
			transport.CloseIdleConnections()
			if err := <-down; err != nil {
				t.Error(err)
			}
		})
	}
}

// TLS over free connections against package net's, both ways, and in both versions.
func TestFreeCarriesTLS(t *testing.T) {
	rt := newRuntime(t, executor.Options{})
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		for _, dialer := range []side{netSide(), freeSide(rt)} {
			for _, listener := range []side{netSide(), freeSide(rt)} {
				serverTLS, clientTLS := configs(version)
				c, peer := connected(t, dialer, listener, "tcp")
				client, server := tls.Client(c, clientTLS), tls.Server(peer, serverTLS)
				echoed := make(chan error, 1)
				go func() {
					_, err := io.Copy(server, server)
					server.CloseWrite()
					echoed <- err
				}()
				sent := randomBytes(1 << 20)
				go func() { client.Write(sent); client.CloseWrite() }()
				got, err := io.ReadAll(client)
				if err != nil || !bytes.Equal(got, sent) {
					t.Errorf("%x, %s to %s: %d bytes, %v", version, dialer.name, listener.name, len(got), err)
				}
				if err := <-echoed; err != nil {
					t.Error(err)
				}
			}
		}
	}
}
