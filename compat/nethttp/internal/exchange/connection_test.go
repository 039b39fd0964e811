package exchange_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/compat/nethttp/internal/exchange"
	"github.com/moduvex/moduvex-go/compat/stdnet"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
)

func TestAHijackedConnectionServesHandlerAndGoroutines(t *testing.T) {
	onBoth(t, func(t *testing.T, serve func(hs *http.Server) *server) {
		for _, inHandler := range []bool{true, false} {
			failed := make(chan error, 1)
			s := serve(&http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				r.Context().Done()
				c, rw, err := w.(http.Hijacker).Hijack()
				if err != nil {
					failed <- err
					return
				}
				_, again := fmt.Fprint(w, "x")
				_, _, err = w.(http.Hijacker).Hijack()
				if again != http.ErrHijacked || err != http.ErrHijacked {
					failed <- fmt.Errorf("%v, %v", again, err)
				}
				echo := func() {
					defer c.Close()
					fmt.Fprintf(rw, "buffered %d\n", rw.Reader.Buffered())
					for {
						line, err := rw.ReadString('\n')
						if err != nil {
							failed <- nil
							return
						}
						_, _ = rw.WriteString(line)
						_ = rw.Flush()
					}
				}
				if inHandler {
					echo()
				} else {
					go echo()
				}
			})})
			c := dial(t, s.addr)
			_, _ = io.WriteString(c, get("x", "Connection: Upgrade")+"first\n")
			br := bufio.NewReader(c)
			read := func(want string) {
				t.Helper()
				if line, err := br.ReadString('\n'); line != want {
					t.Fatalf("%q, %v, want %q", line, err, want)
				}
			}
			read("buffered 6\n")
			read("first\n")
			for i := range 3 {
				fmt.Fprintf(c, "line %d\n", i)
				read(fmt.Sprintf("line %d\n", i))
			}
			c.Close()
			if err := receive(t, failed); err != nil {
				t.Error(err)
			}
		}
	})
}

func TestAHijackedConnectionIsFreeAfterTheHandler(t *testing.T) {
	rt := newRuntime(t, executor.Options{Workers: 1})
	conns, gone := make(chan net.Conn, 1), make(chan exchange.Outcome, 1)
	s := tasks(t, rt, &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, _, _ := w.(http.Hijacker).Hijack()
		conns <- c
	})}, options{outcome: func(o exchange.Outcome) { gone <- o }})
	client := dial(t, s.addr)
	_, _ = io.WriteString(client, get("x"))
	c := receive(t, conns)
	defer c.Close()
	if o := receive(t, gone); o != exchange.Hijacked {
		t.Error("the outcome is ", o)
	}
	for range 10 { // one of the bodies is on the goroutine that the handler had
		_, err := executor.Do(rt, func(co *coro.Co) error {
			_, err := c.Read(make([]byte, 1))
			return err
		}).Wait(t.Context())
		if !errors.Is(err, stdnet.ErrOnWorker) {
			t.Fatal("a read in a task fails with ", err)
		}
	}
}

func TestAByteThatCameDuringTheHandlerIsHijackedToo(t *testing.T) {
	onBoth(t, func(t *testing.T, serve func(hs *http.Server) *server) {
		begun, sent, read := make(chan struct{}), make(chan struct{}), make(chan string, 1)
		s := serve(&http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.Context().Done()
			close(begun)
			_ = wait(r, sent)
			c, rw, err := w.(http.Hijacker).Hijack()
			if err != nil {
				read <- err.Error()
				return
			}
			defer c.Close()
			b, err := io.ReadAll(rw)
			read <- fmt.Sprintf("%s, %v", b, err)
		})})
		c := dial(t, s.addr)
		_, _ = io.WriteString(c, get("x"))
		receive(t, begun)
		_, _ = io.WriteString(c, "abc")
		_ = c.CloseWrite()
		close(sent)
		if got := receive(t, read); got != "abc, <nil>" {
			t.Error("the handler reads ", got)
		}
	})
}

// recorder records what happens to a connection.
type recorder struct {
	mu     sync.Mutex
	events []string
}

func (r *recorder) add(e any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, fmt.Sprint(e))
}

func (r *recorder) wait(t *testing.T, want ...string) {
	t.Helper()
	deadline := time.Now().Add(testTimeout)
	for {
		r.mu.Lock()
		got := slices.Clone(r.events)
		r.mu.Unlock()
		if slices.Equal(got, want) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the events are %q, want %q", got, want)
		}
		time.Sleep(time.Millisecond)
	}
}

func TestServeReturnsIdleWithoutAByteOfAFurtherRequest(t *testing.T) {
	rt := newRuntime(t, executor.Options{})
	var rec recorder
	s := tasks(t, rt, &http.Server{Handler: mux(t)}, options{
		outcome: func(o exchange.Outcome) { rec.add(o) }, change: func(s http.ConnState) { rec.add(s) },
	})
	c := dial(t, s.addr)
	_, _ = io.WriteString(c, get("hello")+get("hello")+post("hello", "abc")+"\r\n")
	rec.wait(t, "active", "idle", "active", "idle", "active", "idle", "Idle")
	_, _ = io.WriteString(c, sentinel)
	rec.wait(t, "active", "idle", "active", "idle", "active", "idle", "Idle", "active", "Closed")
}

func TestAServerThatClosesServesNoFurtherRequest(t *testing.T) {
	rt := newRuntime(t, executor.Options{})
	l, r := net.Pipe()
	defer l.Close()
	defer r.Close()
	for _, test := range []struct {
		keep, closing bool
		want          string
	}{{true, false, "Connection: keep"}, {false, false, "Connection: close"}, {true, true, ""}} {
		cfg := &exchange.Config{
			Server: &http.Server{Handler: mux(t)}, Runtime: rt,
			KeepAlives: func() bool { return test.keep }, Closing: func() bool { return test.closing },
		}
		c := &script{request: get("header?Connection=keep"), n: 1, done: make(chan struct{})}
		var out bytes.Buffer
		w := &recorded{script: c, out: &out}
		next := exchange.Idle
		if _, err := executor.Do(rt, func(co *coro.Co) error {
			var link exchange.Link
			next = exchange.Serve(co, w, &link, cfg, nil)
			return nil
		}).Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		if open := test.keep && !test.closing; (next == exchange.Idle) != open || !strings.Contains(out.String(), test.want) {
			t.Errorf("%+v: %v after %q", test, next, out.String())
		}
	}
}

// recorded is a script whose output is kept.
type recorded struct {
	*script
	out *bytes.Buffer
}

func (r *recorded) Write(b []byte) (int, error) { return r.out.Write(b) }

func TestASmallResponseIsOneWrite(t *testing.T) {
	rt := newRuntime(t, executor.Options{})
	cfg := &exchange.Config{Server: &http.Server{Handler: mux(t)}, Runtime: rt}
	for _, raw := range []string{get("hello"), post("request", "abc"), get("large?n=2048&step=100")} {
		c := &counted{script: &script{request: raw, n: 1, done: make(chan struct{})}}
		if _, err := executor.Do(rt, func(co *coro.Co) error {
			var link exchange.Link
			exchange.Serve(co, c, &link, cfg, nil)
			return nil
		}).Wait(t.Context()); err != nil || c.writes != 1 {
			t.Errorf("%q takes %d writes, %v", raw, c.writes, err)
		}
	}
}

type counted struct {
	*script
	writes int
}

func (c *counted) Write(b []byte) (int, error) { c.writes++; return len(b), nil }

func TestHundredContinueComesWithTheFirstReadOfTheBody(t *testing.T) {
	onBoth(t, func(t *testing.T, serve func(hs *http.Server) *server) {
		s := serve(&http.Server{Handler: mux(t)})
		c := dial(t, s.addr)
		_, _ = io.WriteString(c, request("POST", "echo", "", "Expect: 100-continue", "Content-Length: 3", "Connection: close"))
		br := bufio.NewReader(c)
		if line, err := br.ReadString('\n'); line != "HTTP/1.1 100 Continue\r\n" {
			t.Fatalf("%q, %v", line, err)
		}
		_, _ = io.WriteString(c, "abc")
		b, err := io.ReadAll(br)
		if !bytes.HasSuffix(b, []byte("\r\n\r\nabc")) {
			t.Errorf("%q, %v", b, err)
		}
	})
}

func TestTimeoutsEndAConnection(t *testing.T) {
	const soon, never = 50 * time.Millisecond, time.Hour
	for _, test := range []struct {
		name               string
		read, header, idle time.Duration
		raw, got           string
	}{
		{"header", 0, soon, 0, "GET / HT", "\r\n\r\n400 Bad Request"},
		{"header by ReadTimeout", soon, 0, 0, "GET / HT", "\r\n\r\n400 Bad Request"},
		{"header of a second", 0, soon, never, get("hello") + "GET / HT", "\r\n\r\n400 Bad Request"},
		{"few bytes", 0, never, soon, get("hello") + "GET", "hello, GET /hello\n"},
		{"body", soon, 0, 0, request("POST", "part", "a", "Content-Length: 9"), "i/o timeout"},
	} {
		t.Run(test.name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, serve func(hs *http.Server) *server) {
				s := serve(&http.Server{Handler: mux(t), ReadTimeout: test.read, ReadHeaderTimeout: test.header, IdleTimeout: test.idle})
				got := talk(t, s.addr, test.raw, false)
				if !strings.HasSuffix(got, test.got) {
					t.Errorf("the response is %q", got)
				}
			})
		})
	}
}

func TestAPeerThatDoesNotReadEndsAtTheWriteDeadline(t *testing.T) {
	onBoth(t, func(t *testing.T, serve func(hs *http.Server) *server) {
		ended := make(chan error, 1)
		s := serve(&http.Server{WriteTimeout: 50 * time.Millisecond, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			b := make([]byte, 1<<16)
			for range 1 << 12 {
				if _, err := w.Write(b); err != nil {
					ended <- errors.Join(err, r.Context().Err())
					return
				}
			}
			ended <- nil
		})})
		c := dial(t, s.addr)
		_, _ = io.WriteString(c, get("x"))
		if err := receive(t, ended); !errors.Is(err, os.ErrDeadlineExceeded) || !errors.Is(err, context.Canceled) {
			t.Error("the write and the context end with ", err)
		}
	})
}

func TestASlowReaderGetsEverything(t *testing.T) {
	onBoth(t, func(t *testing.T, serve func(hs *http.Server) *server) {
		s := serve(&http.Server{Handler: mux(t)})
		for _, path := range []string{"large?n=3000000&step=70000", "large?n=3000000&step=70000&length=3000000", "file"} {
			c := dial(t, s.addr)
			_ = c.SetReadBuffer(64 << 10)
			_, _ = io.WriteString(c, get(path, "Connection: close"))
			resp, err := http.ReadResponse(bufio.NewReaderSize(c, 16<<10), nil)
			if err != nil {
				t.Fatal(err)
			}
			want := int64(3_000_000)
			if path == "file" {
				want = 320_000
			}
			if n, err := io.Copy(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{resp.Body}); n != want || err != nil {
				t.Errorf("%s: %d bytes, %v", path, n, err)
			}
		}
	})
}

func TestALargeUploadIsReadWhileItComes(t *testing.T) {
	onBoth(t, func(t *testing.T, serve func(hs *http.Server) *server) {
		s := serve(&http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			n, err := io.Copy(io.Discard, r.Body)
			fmt.Fprint(w, n, err)
		})})
		body := strings.Repeat("0123456789", 1_000_000)
		got := talk(t, s.addr, post("x", body, "Connection: close"), false)
		if !strings.HasSuffix(got, "10000000 <nil>") {
			t.Errorf("%q", got)
		}
	})
}
