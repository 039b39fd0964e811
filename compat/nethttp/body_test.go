package nethttp_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"
)

const upload = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n"

// The client sends its body when the server has asked for it.
func TestABodyIsAskedFor(t *testing.T) {
	for name, read := range map[string]func(w http.ResponseWriter, r *http.Request) string{
		"by a read":        func(_ http.ResponseWriter, r *http.Request) string { return readAll(r.Body) },
		"by an empty read": func(_ http.ResponseWriter, r *http.Request) string { r.Body.Read(nil); return readAll(r.Body) },
		"by the handler": func(w http.ResponseWriter, r *http.Request) string {
			w.WriteHeader(http.StatusContinue)
			return readAll(r.Body)
		},
	} {
		t.Run(name, func(t *testing.T) {
			conversation{
				handler: func(_ *testing.T, tr *transcript) http.Handler {
					return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { tr.add("handler", "%s", read(w, r)) })
				},
				client: func(t *testing.T, tr *transcript, c *client) {
					for range 2 {
						c.write(t, upload+"Expect: 100-continue\r\n\r\n")
						tr.add("client", "%s %s", c.line(t), c.line(t))
						c.write(t, "12345")
						status, body := c.response(t, http.MethodPost)
						tr.add("client", "%d %q", status, body)
					}
				},
			}.compare(t)
		})
	}
}

// The server answers without the body, which the client then does not send.
func TestABodyIsNotAskedFor(t *testing.T) {
	for name, handle := range map[string]http.HandlerFunc{
		"not read":       func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusForbidden) },
		"closed":         func(w http.ResponseWriter, r *http.Request) { r.Body.Close() },
		"answered first": func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusConflict); r.Body.Close() },
		"flushed first": func(w http.ResponseWriter, r *http.Request) {
			w.(http.Flusher).Flush()
			r.Body.Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			conversation{
				handler: func(*testing.T, *transcript) http.Handler { return handle },
				client: func(t *testing.T, tr *transcript, c *client) {
					tr.add("client", "%s", c.exchange(noPause, upload+"Expect: 100-continue\r\n\r\n"))
				},
			}.compare(t)
		})
	}
}

func TestUsesOfABody(t *testing.T) {
	requests := map[string]string{
		"body":             upload + "\r\n12345",
		"chunks":           chunked("3\r\nabc\r\n0\r\n\r\n"),
		"trailers":         post("3\r\nabc\r\n0\r\nOne: 1\r\nTwo: 2\r\n\r\n", "Trailer: One, Three", "Transfer-Encoding: chunked"),
		"none":             "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
		"get":              gets("/"),
		"malformed chunks": chunked("3\r\nabcdef\r\n0\r\n\r\n"),
		"short":            upload + "\r\n123",
	}
	uses := map[string]func(tr *transcript, w http.ResponseWriter, r *http.Request){
		"read after close": func(tr *transcript, _ http.ResponseWriter, r *http.Request) {
			tr.add("handler", "%v", r.Body.Close())
			tr.add("handler", "%s", readAll(r.Body))
		},
		"read twice": func(tr *transcript, _ http.ResponseWriter, r *http.Request) {
			tr.add("handler", "[%s]", sorted(r.Trailer))
			tr.add("handler", "%s", readAll(r.Body))
			tr.add("handler", "%s", readAll(r.Body))
			tr.add("handler", "[%s]", sorted(r.Trailer))
		},
		"read after the header": func(tr *transcript, w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusAccepted)
			tr.add("handler", "%s", readAll(r.Body))
		},
		"read after a flush": func(tr *transcript, w http.ResponseWriter, r *http.Request) {
			w.(http.Flusher).Flush()
			tr.add("handler", "%s", readAll(r.Body))
		},
		"compare": func(tr *transcript, _ http.ResponseWriter, r *http.Request) {
			tr.add("handler", "%t %d", r.Body == http.NoBody, r.ContentLength)
		},
		"keep": func(tr *transcript, w http.ResponseWriter, r *http.Request) {
			io.Copy(w, r.Body)
		},
	}
	for name, request := range requests {
		for use, f := range uses {
			t.Run(name+", "+use, func(t *testing.T) { compareRaw(t, request+gets("/first"), f) })
		}
	}
}

func TestABodyWithinABound(t *testing.T) { bodiesOf(t, []int{0, 1, 99, 100}) }

func TestABodyBeyondABound(t *testing.T) {
	bodiesOf(t, []int{101, 100_000}, notInTasks("MaxBytesReader tells only a ResponseWriter of net/http that the bound was hit"))
}

// bodiesOf has bodies of some sizes for a handler that reads 100 bytes.
func bodiesOf(t *testing.T, sizes []int, except ...exception) {
	t.Helper()
	conversation{
		handler: func(_ *testing.T, tr *transcript) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 100))
				var over *http.MaxBytesError
				tr.add("handler", "%d, %v, %t", len(b), err, errors.As(err, &over))
				if err != nil {
					http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
				}
			})
		},
		client: func(t *testing.T, tr *transcript, c *client) {
			clients := append(c.s.dialed(t, 2*len(sizes)-1), c)
			for i, n := range sizes {
				body := strings.Repeat("x", n)
				for j, request := range []string{
					post(body, fmt.Sprint("Content-Length: ", n)),
					chunked(fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", n, body)),
				} {
					tr.add("client", "%s", clients[2*i+j].exchange(noPause, request+gets("/first"), ""))
				}
			}
		},
		except: except,
	}.compare(t)
}

// A handler answers each line before the client sends the next one.
func TestFullDuplex(t *testing.T) {
	conversation{
		handler: func(_ *testing.T, tr *transcript) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				rc := http.NewResponseController(w)
				tr.add("handler", "%v, %v", rc.EnableFullDuplex(), rc.Flush())
				var b [1]byte
				for {
					n, err := r.Body.Read(b[:])
					tr.add("handler", "%q, %v", b[:n], err == nil || err == io.EOF)
					if n > 0 {
						w.Write(bytes.ToUpper(b[:n]))
						rc.Flush()
					}
					if err != nil {
						return
					}
				}
			})
		},
		client: func(t *testing.T, tr *transcript, c *client) {
			c.write(t, chunked(""))
			for line := "-"; line != ""; {
				line = then(c.line(t))
				tr.add("client", "%s", line)
			}
			for _, b := range "abc" {
				c.write(t, fmt.Sprintf("1\r\n%c\r\n", b))
				tr.add("client", "%s %s", c.line(t), c.line(t))
			}
			c.write(t, "0\r\n\r\n")
			tr.add("client", "%s%s", c.line(t), c.line(t))
			status, body := c.get(t, "/first")
			tr.add("client", "%d %q", status, body)
		},
	}.compare(t)
}

func TestForms(t *testing.T) {
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	m.SetBoundary("boundary")
	m.WriteField("field", "value")
	file, _ := m.CreateFormFile("file", "name")
	io.WriteString(file, strings.Repeat("content", 1000))
	m.Close()
	requests := post("a=1&b=2&a=3", "Content-Type: application/x-www-form-urlencoded", "Content-Length: 11") +
		post(b.String(), "Content-Type: multipart/form-data; boundary=boundary", fmt.Sprint("Content-Length: ", b.Len()))
	compareRaw(t, requests, func(tr *transcript, w http.ResponseWriter, r *http.Request) {
		err := r.ParseMultipartForm(1 << 20)
		tr.add("handler", "%v %v %v", err, r.PostForm, r.FormValue("field"))
		if f, header, err := r.FormFile("file"); err == nil {
			tr.add("handler", "%s %d %s", header.Filename, header.Size, readAll(f))
		}
	})
}

// A deadline in the past ends reads or writes. What is after it fails, too, and the connection closes.
func TestDeadlinesOfAHandler(t *testing.T) {
	past, never := time.Unix(1, 0), time.Time{}
	handled := make(chan struct{}, 10)
	conversation{
		handler: func(_ *testing.T, tr *transcript) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				defer func() { handled <- struct{}{} }()
				rc := http.NewResponseController(w)
				switch r.Header.Get("Deadline") {
				case "read":
					tr.add("handler", "%v", rc.SetReadDeadline(past))
					_, err := io.ReadAll(r.Body)
					tr.add("handler", "%t", isTimeout(err))
				case "write":
					tr.add("handler", "%v", rc.SetWriteDeadline(past))
					_, err := io.WriteString(w, strings.Repeat("x", 100_000))
					tr.add("handler", "%t %t", isTimeout(err), isTimeout(rc.Flush()))
				case "none":
					tr.add("handler", "%v %v", rc.SetReadDeadline(time.Now().Add(time.Hour)), rc.SetWriteDeadline(time.Now().Add(time.Hour)))
					tr.add("handler", "%v %v", rc.SetReadDeadline(never), rc.SetWriteDeadline(never))
					tr.add("handler", "%s", readAll(r.Body))
				}
			})
		},
		client: func(t *testing.T, tr *transcript, c *client) {
			for _, deadline := range []string{"none", "none", "read"} {
				c.write(t, upload+"Deadline: "+deadline+"\r\n\r\n")
				if deadline == "none" {
					c.write(t, "12345")
					status, body := c.response(t, http.MethodPost)
					tr.add("client", "%d %q", status, body)
				}
			}
			tr.add("client", "%s", c.rest())
			c = c.s.dial(t)
			c.write(t, upload+"Deadline: write\r\n\r\n12345")
			tr.add("client", "%s", c.rest())
			for range 4 {
				within(t, "the end of a handler", handled)
			}
		},
	}.compare(t)
}

func isTimeout(err error) bool {
	var timeout interface{ Timeout() bool }
	return errors.As(err, &timeout) && timeout.Timeout()
}
