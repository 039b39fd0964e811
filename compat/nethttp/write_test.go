package nethttp_test

import (
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
)

// The client has the first part before the handler goes on, each time.
func TestAFlushReachesTheClient(t *testing.T) {
	release := make(chan struct{})
	conversation{
		handler: func(t *testing.T, tr *transcript) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				for _, part := range []string{"one", "two", "three"} {
					n, err := io.WriteString(w, part)
					tr.add("handler", "%d, %v", n, err)
					if part == "one" {
						w.(http.Flusher).Flush()
					} else {
						tr.add("handler", "%v", http.NewResponseController(w).Flush())
					}
					await(r.Context(), release)
				}
			})
		},
		client: func(t *testing.T, tr *transcript, c *client) {
			c.write(t, gets("/"))
			for line := ""; line != "0"; {
				line = then(c.line(t))
				tr.add("client", "%s", line)
				if line == "one" || line == "two" || line == "three" {
					release <- struct{}{}
				}
			}
			tr.add("client", "%s", c.line(t))
			status, body := c.get(t, "/first")
			tr.add("client", "%d %q", status, body)
		},
	}.compare(t)
}

func TestWritesOfManySizes(t *testing.T) {
	compareRaw(t, gets("/", "/"), func(tr *transcript, w http.ResponseWriter, r *http.Request) {
		for _, n := range []int{0, 1, 2047, 2048, 2049, 4095, 4096, 4097, 100_000, 1} {
			n, err := io.WriteString(w, strings.Repeat("x", n))
			tr.add("handler", "%d, %v", n, err)
		}
	})
}

func TestStatusThatIsWrittenTwice(t *testing.T) {
	conversation{
		handler: func(t *testing.T, tr *transcript) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(http.StatusTeapot)
				w.WriteHeader(http.StatusOK)
				io.WriteString(w, "tea")
				w.WriteHeader(http.StatusBadGateway)
			})
		},
		client: func(t *testing.T, tr *transcript, c *client) {
			status, body := c.get(t, "/")
			tr.add("client", "%d %q", status, body)
			c.Close()
			// It names the line of the handler.
			tr.add("log", "%s", c.s.log.String())
		},
	}.compare(t)
}

func TestStatusThatIsInvalid(t *testing.T) {
	compareRaw(t, gets("/"), func(tr *transcript, w http.ResponseWriter, r *http.Request) {
		for _, code := range []int{-1, 0, 99, 1000} {
			func() {
				defer func() { tr.add("handler", "%d: %v", code, recover()) }()
				w.WriteHeader(code)
			}()
		}
		w.WriteHeader(999)
	})
}

func TestStatusWithoutABody(t *testing.T) {
	requests := gets("/204", "/304") + "HEAD /200 HTTP/1.1\r\nHost: x\r\n\r\n"
	compareRaw(t, requests, func(tr *transcript, w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/204":
			w.WriteHeader(http.StatusNoContent)
		case "/304":
			w.Header().Set("Content-Length", "5")
			w.WriteHeader(http.StatusNotModified)
		}
		n, err := io.WriteString(w, "body")
		tr.add("handler", "%d, %v, %t", n, err, errors.Is(err, http.ErrBodyNotAllowed))
	})
}

func TestInformationalResponses(t *testing.T) {
	compareRaw(t, gets("/", "/")+"GET / HTTP/1.0\r\n\r\n", func(_ *transcript, w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Link", "</style.css>; rel=preload")
		w.WriteHeader(http.StatusEarlyHints)
		w.Header().Add("Link", "</script.js>; rel=preload")
		w.WriteHeader(http.StatusEarlyHints)
		w.Header().Del("Link")
		w.WriteHeader(http.StatusProcessing)
		w.WriteHeader(http.StatusContinue)
		w.WriteHeader(http.StatusCreated)
		w.WriteHeader(http.StatusEarlyHints)
		io.WriteString(w, "created")
	})
}

func TestTheTypeOfABodyIsSniffed(t *testing.T) {
	bodies := map[string]string{
		"/text": "text", "/html": "<!DOCTYPE HTML><p>", "/png": "\x89PNG\x0D\x0A\x1A\x0A", "/empty": "", "/gzip": "\x1f\x8b\x08",
		"/binary": "\x00\x01\x02", "/pdf": "%PDF-1.4", "/late": strings.Repeat(" ", 600) + "<html>",
	}
	compareRaw(t, gets("/text", "/html", "/png", "/empty", "/gzip", "/binary", "/pdf", "/late", "/none", "/encoded", "/set"),
		func(_ *transcript, w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/none":
				w.Header()["Content-Type"] = nil
			case "/encoded":
				w.Header().Set("Content-Encoding", "br")
			case "/set":
				w.Header().Set("Content-Type", "x/y")
			}
			for _, b := range []byte(bodies[r.URL.Path]) { // sniffed across writes
				w.Write([]byte{b})
			}
			if bodies[r.URL.Path] == "" && r.URL.Path != "/empty" {
				io.WriteString(w, "<html>")
			}
		})
}

func TestALengthThatIsNotKept(t *testing.T) {
	for _, path := range []string{"/short", "/long", "/none", "/invalid", "/negative"} {
		t.Run(path[1:], func(t *testing.T) {
			compareRaw(t, gets(path, "/first"), func(tr *transcript, w http.ResponseWriter, r *http.Request) {
				length := map[string]string{"/short": "10", "/long": "3", "/none": "5", "/invalid": "five", "/negative": "-5"}[path]
				w.Header().Set("Content-Length", length)
				if path == "/none" {
					return
				}
				n, err := io.WriteString(w, "12345")
				tr.add("handler", "%d, %v", n, err)
			})
		})
	}
}

func TestHeadersOfAHandler(t *testing.T) {
	set := map[string]func(h http.Header){
		"/newline":    func(h http.Header) { h.Set("Name", "one\r\ntwo: three") },
		"/names":      func(h http.Header) { h["na me"] = []string{"x"}; h["Na:me"] = []string{"x"}; h[""] = []string{"x"} },
		"/case":       func(h http.Header) { h["name"] = []string{"a"}; h["NAME"] = []string{"b"} },
		"/many":       func(h http.Header) { h["Name"] = []string{"a", "", "b"} },
		"/date":       func(h http.Header) { h["Date"] = nil },
		"/date/set":   func(h http.Header) { h.Set("Date", "yesterday") },
		"/close":      func(h http.Header) { h.Set("Connection", "close") },
		"/keep":       func(h http.Header) { h.Set("Connection", "keep-alive") },
		"/connection": func(h http.Header) { h.Set("Connection", "Name") },
		"/identity":   func(h http.Header) { h.Set("Transfer-Encoding", "identity") },
		"/chunked":    func(h http.Header) { h.Set("Transfer-Encoding", "chunked") },
		"/te":         func(h http.Header) { h.Set("Transfer-Encoding", "gzip") },
		"/both":       func(h http.Header) { h.Set("Transfer-Encoding", "chunked"); h.Set("Content-Length", "4") },
		"/upgrade":    func(h http.Header) { h.Set("Connection", "Upgrade"); h.Set("Upgrade", "x") },
		"/length":     func(h http.Header) { h["Content-Length"] = []string{"4", "4"} },
	}
	for path, set := range set {
		t.Run(path[1:], func(t *testing.T) {
			compareRaw(t, gets(path, path)+"HEAD "+path+" HTTP/1.1\r\nHost: x\r\n\r\n", func(_ *transcript, w http.ResponseWriter, _ *http.Request) {
				set(w.Header())
				io.WriteString(w, "body")
				w.Header().Set("Late", "too late")
			})
		})
	}
}

func TestTrailersOfAResponse(t *testing.T) {
	compareRaw(t, gets("/", "/", "/length")+"GET / HTTP/1.0\r\n\r\n", func(_ *transcript, w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Trailer", "One, Two")
		w.Header().Add("Trailer", "Content-Length")
		if r.URL.Path == "/length" {
			w.Header().Set("Content-Length", "4")
		}
		w.WriteHeader(http.StatusOK)
		io.WriteString(w, "body")
		w.Header().Set("One", "1")
		w.Header().Set("Three", "3") // not announced
		w.Header().Set(http.TrailerPrefix+"Four", "4")
	})
}

func TestFilesAreCopied(t *testing.T) {
	name := fileWith(t, []byte(strings.Repeat("0123456789abcdef", 20_000)))
	requests := gets("/", "/length", "/part", "/behind", "/204", "/") + "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n"
	compareRaw(t, requests, func(tr *transcript, w http.ResponseWriter, r *http.Request) {
		f, err := os.Open(name)
		if err != nil {
			panic(err)
		}
		defer f.Close()
		var from io.Reader = f
		switch r.URL.Path {
		case "/length":
			w.Header().Set("Content-Length", "320000")
		case "/part":
			from = io.LimitReader(f, 100_000)
		case "/behind":
			io.WriteString(w, "first")
		case "/204":
			w.WriteHeader(http.StatusNoContent)
		}
		n, err := w.(io.ReaderFrom).ReadFrom(from)
		tr.add("handler", "%d, %v", n, err)
	})
}
