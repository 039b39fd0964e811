package nethttp_test

import (
	"bytes"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
)

// Each request of a connection is one of these, so that there is a park between any two.
func TestServeMux(t *testing.T) {
	requests := []string{
		"GET /", "GET /a", "GET /a/", "GET /a/b", "POST /a/b", "GET /a/b/c", "GET /files/", "GET /files/x/y", "GET /files", "POST /only",
		"GET /only", "PUT /only", "HEAD /a/b", "OPTIONS /only", "GET //a/b", "GET /a/../only", "GET /a%2fb", "GET /a/%20", "GET /exact/",
		"GET /exact", "GET /exact/x", "GET /redirect", "GET /missing?query", "CONNECT /a/b", "DELETE /a/{x}",
	}
	conversation{
		handler: func(_ *testing.T, tr *transcript) http.Handler {
			mux := http.NewServeMux()
			for _, pattern := range []string{"GET /a/{name}", "/files/{rest...}", "POST /only", "/exact/{$}", "GET example.org/a/{name}"} {
				mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
					tr.add("handler", "%s %q %q", r.Pattern, r.PathValue("name"), r.PathValue("rest"))
				})
			}
			mux.Handle("/redirect", http.RedirectHandler("/a/b?c", http.StatusSeeOther))
			mux.Handle("/stripped/", http.StripPrefix("/stripped", http.NotFoundHandler()))
			return mux
		},
		client: func(t *testing.T, tr *transcript, c *client) {
			for _, host := range []string{"x", "example.org", "example.org:80"} {
				for _, request := range requests {
					method, path, _ := strings.Cut(request, " ")
					c.write(t, method+" "+path+" HTTP/1.1\r\nHost: "+host+"\r\nContent-Length: 0\r\n\r\n")
					r, err := http.ReadResponse(c.r, &http.Request{Method: method})
					if err != nil {
						t.Fatal(err)
					}
					tr.add("client", "%s %s: %s [%s] %s", host, request, r.Status, sorted(r.Header), readAll(r.Body))
				}
			}
		},
	}.compare(t)
}

var boundary = regexp.MustCompile(`[0-9a-f]{60}`)

// A download of a part, as a client does that goes on with one.
func TestServeContent(t *testing.T) {
	content, modified := []byte(strings.Repeat("0123456789", 1000)), time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	requests := []string{
		"", "Range: bytes=0-4", "Range: bytes=9990-", "Range: bytes=-5", "Range: bytes=0-0,5-6", "Range: bytes=10000-", "Range: bytes=5-4",
		"Range: lines=1-2", "Range: bytes=0-99999", "Range: bytes=0-4\r\nIf-Range: \"tag\"", "Range: bytes=0-4\r\nIf-Range: \"other\"",
		"If-None-Match: \"tag\"", "If-None-Match: \"other\"", "If-Match: \"other\"", "If-Modified-Since: " + modified.Format(http.TimeFormat),
		"If-Unmodified-Since: " + modified.Add(-time.Hour).Format(http.TimeFormat), "Range: bytes=5000-\r\nIf-Match: \"tag\"",
	}
	conversation{
		handler: func(*testing.T, *transcript) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("ETag", `"tag"`)
				http.ServeContent(w, r, "digits.txt", modified, bytes.NewReader(content))
			})
		},
		client: func(t *testing.T, tr *transcript, c *client) {
			for _, method := range []string{http.MethodGet, http.MethodHead} {
				for _, header := range requests {
					c.write(t, strings.TrimSuffix(fmt.Sprintf("%s / HTTP/1.1\r\nHost: x\r\n%s", method, header), "\r\n")+"\r\n\r\n")
					r, err := http.ReadResponse(c.r, &http.Request{Method: method})
					if err != nil {
						t.Fatal(err)
					}
					var body bytes.Buffer
					_, err = body.ReadFrom(r.Body)
					text := fmt.Sprintf("%s: %s [%s] %s %v", header, r.Status, sorted(r.Header),
						digest(boundary.ReplaceAll(body.Bytes(), []byte("BOUNDARY"))), err)
					tr.add("client", "%s", boundary.ReplaceAllString(text, "BOUNDARY"))
				}
			}
		},
	}.compare(t)
}
