package nethttp_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// A way is one in which a client comes to HTTP/2.
type way struct {
	name  string
	serve func(t *testing.T, k kind, h http.Handler, ca *authority) *site
}

var ways = []way{
	{"https", func(t *testing.T, k kind, h http.Handler, ca *authority) *site { return k.serveTLS(t, h, ca) }},
	{"http", func(t *testing.T, k kind, h http.Handler, _ *authority) *site {
		return k.serve(t, h, func(s *http.Server) {
			s.Protocols = new(http.Protocols)
			s.Protocols.SetHTTP1(true)
			s.Protocols.SetUnencryptedHTTP2(true)
		})
	}},
}

// overHTTP2 runs a scenario in both ways, with a client that speaks HTTP/2 only, and the URL of the server.
func overHTTP2(t *testing.T, handler func(tr *transcript) http.Handler, run func(t *testing.T, tr *transcript, s *site, c *http.Client, url string)) {
	ca := newAuthority(t)
	for _, w := range ways {
		t.Run(w.name, func(t *testing.T) {
			compare(t, func(t *testing.T, k kind) *transcript {
				tr := new(transcript)
				s := w.serve(t, k, handler(tr), ca)
				transport := &http.Transport{TLSClientConfig: ca.client(), Protocols: new(http.Protocols)}
				transport.Protocols.SetHTTP2(true)
				transport.Protocols.SetUnencryptedHTTP2(true)
				defer transport.CloseIdleConnections()
				run(t, tr, s, &http.Client{Transport: transport}, w.name+"://"+s.addr)
				return tr
			})
		})
	}
}

// fetch adds a response to the transcript.
func fetch(t *testing.T, tr *transcript, party string, c *http.Client, r *http.Request) {
	t.Helper()
	response, err := c.Do(r)
	if err != nil {
		tr.add(party, "%s %s fails", r.Method, r.URL.Path)
		return
	}
	defer response.Body.Close()
	body := readAll(response.Body)
	tr.add(party, "%s %s: %s %s [%s] %s [%s]", r.Method, r.URL.Path, response.Proto, response.Status, sorted(response.Header), body,
		sorted(response.Trailer))
}

func request(t *testing.T, method, url string, body io.Reader) *http.Request {
	t.Helper()
	return must[*http.Request](t)(http.NewRequestWithContext(t.Context(), method, url, body))
}

func TestHTTP2(t *testing.T) {
	overHTTP2(t, func(tr *transcript) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, hijacks := w.(http.Hijacker)
			tr.add("handler", "%s %s %s host %t tls %t hijacks %t server %t remote %t: %s", r.Method, r.URL, r.Proto, r.Host != "",
				r.TLS != nil, hijacks, r.Context().Value(http.ServerContextKey) != nil, r.RemoteAddr != "", readAll(r.Body))
			tr.add("handler", "[%s]", sorted(r.Trailer))
			w.Header().Set("Trailer", "After")
			w.WriteHeader(http.StatusEarlyHints)
			w.WriteHeader(http.StatusAccepted)
			if r.URL.Path == "/panic" {
				w.(http.Flusher).Flush()
				panic(http.ErrAbortHandler)
			}
			io.WriteString(w, strings.Repeat("x", 100_000))
			w.Header().Set("After", "all")
		})
	}, func(t *testing.T, tr *transcript, s *site, c *http.Client, url string) {
		for range 2 {
			fetch(t, tr, "client", c, request(t, http.MethodGet, url+"/get?a=b", nil))
			fetch(t, tr, "client", c, request(t, http.MethodHead, url+"/head", nil))
			fetch(t, tr, "client", c, request(t, http.MethodPost, url+"/post", strings.NewReader(strings.Repeat("y", 1_000_000))))
			with := request(t, http.MethodPut, url+"/put", io.MultiReader(strings.NewReader("a body of no length")))
			with.Trailer = http.Header{"Of-Client": {"1"}}
			fetch(t, tr, "client", c, with)
			fetch(t, tr, "client", c, request(t, http.MethodGet, url+"/panic", nil))
		}
		tr.add("conns", "%d", s.conns.count())
	})
}

// Streams of one connection do not wait for each other, and the context of one that the client resets ends.
func TestHTTP2Streams(t *testing.T) {
	const streams = 50
	h := newWaits()
	ended := make(chan struct{}, 1)
	overHTTP2(t, func(tr *transcript) http.Handler {
		mux := http.NewServeMux()
		mux.Handle("/wait", h)
		mux.HandleFunc("/reset", func(w http.ResponseWriter, r *http.Request) {
			w.(http.Flusher).Flush()
			await(r.Context(), r.Context().Done())
			tr.add("handler", "%v", r.Context().Err())
			ended <- struct{}{}
		})
		mux.HandleFunc("/duplex", func(w http.ResponseWriter, r *http.Request) {
			w.(http.Flusher).Flush()
			io.Copy(flushing{w}, r.Body)
		})
		return mux
	}, func(t *testing.T, tr *transcript, s *site, c *http.Client, url string) {
		fetch(t, tr, "client", c, request(t, http.MethodGet, url+"/missing", nil)) // the connection is there
		var clients sync.WaitGroup
		for i := range streams {
			clients.Go(func() { fetch(t, tr, fmt.Sprintf("client %03d", i), c, request(t, http.MethodGet, url+"/wait", nil)) })
		}
		for range streams {
			within(t, "a handler", h.began)
		}
		ctx, cancel := context.WithCancel(t.Context())
		r, err := c.Do(request(t, http.MethodGet, url+"/reset", nil).WithContext(ctx))
		if err != nil {
			t.Fatal(err)
		}
		cancel()
		_, err = io.ReadAll(r.Body)
		tr.add("reset", "%t", errors.Is(err, context.Canceled))
		r.Body.Close()
		within(t, "the end of a context", ended)

		duplex(t, tr, c, url+"/duplex")
		for range streams {
			h.release <- struct{}{}
		}
		clients.Wait()
		tr.add("conns", "%d", s.conns.count())
	})
}

// duplex sends a part after the answer to the one before.
func duplex(t *testing.T, tr *transcript, c *http.Client, url string) {
	t.Helper()
	body, parts := io.Pipe()
	r, err := c.Do(request(t, http.MethodPost, url, body))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	for _, part := range []string{"one", "two", "three"} {
		io.WriteString(parts, part)
		b := make([]byte, len(part))
		_, err := io.ReadFull(r.Body, b)
		tr.add("duplex", "%s, %v", b, err)
	}
	parts.Close()
	tr.add("duplex", "%s", readAll(r.Body))
}

// flushing is a writer that sends what is written.
type flushing struct{ w http.ResponseWriter }

func (f flushing) Write(b []byte) (int, error) {
	n, err := f.w.Write(b)
	f.w.(http.Flusher).Flush()
	return n, err
}

// Shutdown tells the client, waits for the stream that runs, and then the connection ends.
func TestHTTP2Shutdown(t *testing.T) {
	h := newWaits()
	overHTTP2(t, func(*transcript) http.Handler { return h }, func(t *testing.T, tr *transcript, s *site, c *http.Client, url string) {
		answered := make(chan struct{})
		go func() {
			defer close(answered)
			fetch(t, tr, "client", c, request(t, http.MethodGet, url+"/wait", nil))
		}()
		within(t, "the handler", h.began)
		shut := make(chan error, 1)
		go func() { shut <- s.Shutdown(context.Background()) }()
		h.release <- struct{}{}
		within(t, "the answer", answered)
		tr.add("shutdown", "%v", within(t, "the end of Shutdown", shut))
		if !eventually(func() bool { return s.conns.open() == 0 }) {
			t.Error("the connection goes on")
		}
	})
}

// A server of both versions takes each client as it comes.
func TestBothVersionsAtAPort(t *testing.T) {
	ca := newAuthority(t)
	compare(t, func(t *testing.T, k kind) *transcript {
		tr := new(transcript)
		for _, w := range ways {
			s := w.serve(t, k, secure(tr), ca)
			for _, protos := range [][]string{{"h2", "http/1.1"}, {"http/1.1"}, {"unknown", "http/1.1"}, nil} {
				if w.name == "http" {
					c := s.dialed(t, 1)[0]
					status, body := c.get(t, "/path")
					tr.add("client", "%d %q", status, body)
					c.Close()
					continue
				}
				config := ca.client()
				config.NextProtos = protos
				c := tls.Client(s.dial(t).Conn, config)
				tr.add("client", "%v %q", c.Handshake(), c.ConnectionState().NegotiatedProtocol)
				c.Close()
			}
			for _, text := range []string{"PRI * HTTP/2.0\r\n\r\n", "PRI", "P", "PRI * HTTP/2.0\r\n\r\nSM\r\n\rX", "PUT / HTTP/1.1\r\nHost: x\r\n\r\n"} {
				if w.name == "http" {
					tr.add("raw", "%q %s", text, s.dial(t).exchange(noPause, text))
					tr.add("raw", "%q %s", text, s.dialed(t, 1)[0].exchange(noPause, text))
				}
			}
		}
		return tr
	})
}
