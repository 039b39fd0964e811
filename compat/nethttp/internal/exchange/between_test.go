package exchange_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/compat/nethttp/internal/exchange"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
)

// This file has what one request of a connection leaves to the next.

// Regression: a request that was buffered behind another one began to read ahead although the byte that had been read ahead
// before was not used yet.
func TestOneByteIsReadAheadAtMost(t *testing.T) {
	rt := newRuntime(t, executor.Options{})
	begun, sent := make(chan struct{}), make(chan struct{})
	s := tasks(t, rt, &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Context().Done()
		if r.URL.Path == "/one" {
			close(begun)
			_ = wait(r, sent)
		}
		_ = coro.Sleep(exchange.Co(r.Context()), 10*time.Millisecond) // the watch reads
		fmt.Fprint(w, r.URL.Path)
	})}, options{})
	c := dial(t, s.addr)
	_, _ = io.WriteString(c, get("one")+get("two")+"G")
	receive(t, begun)
	_, _ = io.WriteString(c, get("three", "Connection: close")[1:])
	close(sent)
	b, err := io.ReadAll(c)
	if !strings.HasSuffix(string(b), "/three") {
		t.Errorf("%q, %v", b, err)
	}
}

func TestADisconnectEndsTheContextsOfAllRequestsThatAreThere(t *testing.T) {
	onBoth(t, func(t *testing.T, serve func(hs *http.Server) *server) {
		s := serve(&http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var before error
			if r.URL.Path == "/two" {
				before = r.Context().Err()
			}
			err := wait(r, r.Context().Done())
			fmt.Fprint(w, r.URL.Path, before, err)
		})})
		got := talk(t, s.addr, get("one")+get("two", "Connection: close"), true)
		if !strings.Contains(got, "/one<nil> <nil>") || !strings.HasSuffix(got, "/twocontext canceled <nil>") {
			t.Errorf("%q", got)
		}
	})
}

func TestDeadlinesOfAHandlerEndWithItsRequest(t *testing.T) {
	onBoth(t, func(t *testing.T, serve func(hs *http.Server) *server) {
		s := serve(&http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/one" {
				rc := http.NewResponseController(w)
				fmt.Fprint(w, errors.Join(rc.SetReadDeadline(time.Now().Add(time.Minute)), rc.SetWriteDeadline(time.Now().Add(50*time.Millisecond))))
				_ = rc.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
			}
		})})
		c := dial(t, s.addr)
		br := bufio.NewReader(c)
		_, _ = io.WriteString(c, get("one"))
		if resp, err := http.ReadResponse(br, nil); err != nil {
			t.Fatal(err)
		} else if b, _ := io.ReadAll(resp.Body); string(b) != "<nil>" {
			t.Errorf("%q", b)
		}
		time.Sleep(100 * time.Millisecond) // both deadlines pass
		_, _ = io.WriteString(c, get("two"))
		if resp, err := http.ReadResponse(br, nil); err != nil || resp.StatusCode != http.StatusOK {
			t.Error("the second response is ", resp, err)
		}
	})
}

func TestAHijackedConnectionHasNoDeadline(t *testing.T) {
	onBoth(t, func(t *testing.T, serve func(hs *http.Server) *server) {
		s := serve(&http.Server{WriteTimeout: 30 * time.Millisecond, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				time.Sleep(60 * time.Millisecond)
				_, _ = io.WriteString(c, "late")
			}()
		})})
		if got := talk(t, s.addr, get("x"), false); got != "late" {
			t.Errorf("%q", got)
		}
	})
}

func TestALongHeadIsHijackedWhole(t *testing.T) {
	rt := newRuntime(t, executor.Options{})
	rest := strings.Repeat("0123456789", 1_000)
	var got string
	cfg := &exchange.Config{Runtime: rt, Server: &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, rw, err := w.(http.Hijacker).Hijack()
		b, _ := rw.Peek(rw.Reader.Buffered())
		got = fmt.Sprint(string(b), err)
	})}}
	if _, err := executor.Do(rt, func(co *coro.Co) error {
		head := []byte(get("x") + rest)
		next := exchange.Serve(co, &script{done: make(chan struct{})}, &exchange.Link{}, cfg, head)
		clear(head) // Serve does not keep it
		if next != exchange.Hijacked {
			return errors.New(next.String())
		}
		return nil
	}).Wait(t.Context()); err != nil {
		t.Error(err)
	}
	if got != rest+"<nil>" {
		t.Error(difference(got, rest+"<nil>"))
	}
}

func TestTheContextOfTheConnectionEndsThatOfTheRequest(t *testing.T) {
	type key struct{}
	rt := newRuntime(t, executor.Options{})
	for _, asks := range []bool{true, false} {
		base, cancel := context.WithCancelCause(context.WithValue(context.Background(), key{}, "value"))
		defer cancel(nil)
		why := errors.New("why")
		got := make(chan string, 1)
		s := tasks(t, rt, &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ctx := r.Context()
			if asks {
				done := ctx.Done()
				cancel(why)
				<-done
			} else {
				cancel(why)
			}
			err := ctx.Err() // also if Done is not closed yet
			<-ctx.Done()
			got <- fmt.Sprint(ctx.Value(key{}), err, context.Cause(ctx))
		})}, options{ctx: base})
		talk(t, s.addr, get("x", "Connection: close"), false)
		if got := receive(t, got); got != "valuecontext canceled why" {
			t.Error(got)
		}
	}
}

func TestFilesOfAFormAreRemoved(t *testing.T) {
	onBoth(t, func(t *testing.T, serve func(hs *http.Server) *server) {
		names := make(chan string, 1)
		s := serve(&http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			name := ""
			if err := r.ParseMultipartForm(1); err == nil {
				f, _ := r.MultipartForm.File["f"][0].Open()
				name = f.(*os.File).Name()
				f.Close()
			}
			names <- name
		})})
		body := "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"g\"\r\n\r\n" + strings.Repeat("x", 1<<10) + "\r\n--b--\r\n"
		talk(t, s.addr, post("x", body, "Content-Type: multipart/form-data; boundary=b", "Connection: close"), false)
		name := receive(t, names)
		if _, err := os.Stat(name); name == "" || !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the file %q: %v", name, err)
		}
	})
}

func TestWithoutKeepAlivesConnectionCloseIsSetAnew(t *testing.T) {
	h := mux(t)
	hs := &http.Server{Handler: h}
	std := goroutines(t, hs)
	hs.SetKeepAlivesEnabled(false)
	rt := newRuntime(t, executor.Options{})
	own := tasks(t, rt, &http.Server{Handler: h}, options{noKeepAlives: true})
	for _, raw := range []string{get("hello"), get("header?Connection=close"), get("header?Connection=x,close"), "GET /keep HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"} {
		if got, want := plain(talk(t, own.addr, raw, false)), plain(talk(t, std.addr, raw, false)); got != want {
			t.Errorf("%q: %s", raw, difference(got, want))
		}
	}
}
