package exchange_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/compat/nethttp/internal/exchange"
	"github.com/moduvex/moduvex-go/compat/stdnet"
	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
)

// wait waits in a handler until done is closed: it awaits if a task serves the request.
func wait(r *http.Request, done <-chan struct{}) error {
	co := exchange.Co(r.Context())
	deadline := time.Now().Add(testTimeout)
	for {
		select {
		case <-done:
			return nil
		default:
		}
		if time.Now().After(deadline) {
			return errors.New("it takes too long")
		}
		if co == nil {
			time.Sleep(time.Millisecond)
		} else if err := coro.Sleep(co, time.Millisecond); err != nil {
			return err
		}
	}
}

// onBoth runs a test with the server of package http and with tasks.
func onBoth(t *testing.T, test func(t *testing.T, serve func(hs *http.Server) *server)) {
	t.Run("goroutines", func(t *testing.T) {
		test(t, func(hs *http.Server) *server { return goroutines(t, hs) })
	})
	t.Run("tasks", func(t *testing.T) {
		rt := newRuntime(t, executor.Options{})
		test(t, func(hs *http.Server) *server { return tasks(t, rt, hs, options{}) })
	})
}

// receive returns what comes from a channel.
func receive[T any](t *testing.T, c <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(testTimeout):
		t.Fatal("nothing comes")
	}
	return v
}

func TestTheContextEndsWhenThePeerDisconnects(t *testing.T) {
	asks := map[string]func(r *http.Request) <-chan struct{}{
		"Done": func(r *http.Request) <-chan struct{} { return r.Context().Done() },
		"derived": func(r *http.Request) <-chan struct{} {
			type key struct{}
			ctx, cancel := context.WithCancel(context.WithValue(r.Context(), key{}, 1))
			_ = cancel
			return ctx.Done()
		},
		"AfterFunc": func(r *http.Request) <-chan struct{} {
			done := make(chan struct{})
			context.AfterFunc(r.Context(), func() { close(done) })
			return done
		},
		"Err": func(r *http.Request) <-chan struct{} {
			done := make(chan struct{})
			ctx := r.Context()
			go func() {
				for ctx.Err() == nil {
					time.Sleep(time.Millisecond)
				}
				close(done)
			}()
			return done
		},
		"CloseNotify": nil,
	}
	onBoth(t, func(t *testing.T, serve func(hs *http.Server) *server) {
		for name, ask := range asks {
			begun, ended := make(chan struct{}, 1), make(chan error, 1)
			s := serve(&http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				var done <-chan struct{}
				if ask == nil {
					//lint:ignore SA1019 old handlers use it
					notify := w.(http.CloseNotifier).CloseNotify()
					both := make(chan struct{})
					go func() {
						<-notify
						close(both)
					}()
					done = both
				} else {
					done = ask(r)
				}
				_, _ = io.Copy(io.Discard, r.Body)
				begun <- struct{}{}
				err := wait(r, done)
				if err == nil && (r.Context().Err() != context.Canceled || context.Cause(r.Context()) != context.Canceled) {
					err = fmt.Errorf("the context ends with %v, %v", r.Context().Err(), context.Cause(r.Context()))
				}
				ended <- err
			})})
			for _, raw := range []string{get("x"), post("x", "abc")} {
				c := dial(t, s.addr)
				_, _ = io.WriteString(c, raw)
				receive(t, begun)
				c.Close()
				if err := receive(t, ended); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		}
	})
}

func TestAFurtherRequestDoesNotEndTheContext(t *testing.T) {
	onBoth(t, func(t *testing.T, serve func(hs *http.Server) *server) {
		var n atomic.Int32
		begun, sent := make(chan struct{}, 1), make(chan struct{}, 1)
		s := serve(&http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if n.Add(1) == 1 {
				r.Context().Done()
				begun <- struct{}{}
				both := make(chan struct{})
				go func() {
					<-sent
					close(both)
				}()
				_ = wait(r, both)
			}
			fmt.Fprint(w, r.URL.Path, r.Context().Err())
		})})
		c := dial(t, s.addr)
		_, _ = io.WriteString(c, get("one"))
		receive(t, begun)
		_, _ = io.WriteString(c, get("two")+sentinel)
		sent <- struct{}{}
		br := bufio.NewReader(c)
		for _, want := range []string{"/one<nil>", "/two<nil>", "/end<nil>"} {
			resp, err := http.ReadResponse(br, nil)
			if err != nil {
				t.Fatal(err)
			}
			if b, _ := io.ReadAll(resp.Body); string(b) != want {
				t.Errorf("the response is %q, want %q", b, want)
			}
		}
	})
}

func TestTheContextEndsWithTheHandler(t *testing.T) {
	onBoth(t, func(t *testing.T, serve func(hs *http.Server) *server) {
		contexts := make(chan context.Context, 2)
		s := serve(&http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/asked" {
				r.Context().Done()
			}
			contexts <- r.Context()
		})})
		for _, path := range []string{"asked", "unasked"} {
			talk(t, s.addr, get(path, "Connection: close"), false)
			ctx := receive(t, contexts)
			receive(t, ctx.Done())
			if ctx.Err() != context.Canceled || context.Cause(ctx) != context.Canceled {
				t.Error("the context ends with ", ctx.Err(), context.Cause(ctx))
			}
		}
	})
}

func TestTheContextHasTheValuesOfTheServer(t *testing.T) {
	rt := newRuntime(t, executor.Options{})
	var hs *http.Server
	type result struct {
		co, nested, server, local bool
		deadline                  bool
	}
	results := make(chan result, 1)
	hs = &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), time.Hour)
		defer cancel()
		co := exchange.Co(ctx)
		if co == nil {
			results <- result{}
			return
		}
		_, has := r.Context().Deadline()
		a, _ := ctx.Value(http.LocalAddrContextKey).(net.Addr)
		results <- result{
			co: coro.Sleep(co, time.Millisecond) == nil, nested: coro.Nested(ctx), deadline: has,
			server: ctx.Value(http.ServerContextKey) == hs, local: a != nil && a.String() == r.Host,
		}
	})}
	s := tasks(t, rt, hs, options{})
	talk(t, s.addr, "GET / HTTP/1.0\r\nHost: "+s.addr+"\r\n\r\n", false)
	if got, want := receive(t, results), (result{true, true, true, true, false}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestAScopeOfTheContextEndsWhenThePeerDisconnects(t *testing.T) {
	rt := newRuntime(t, executor.Options{})
	begun, ended := make(chan struct{}), make(chan error, 1)
	s := tasks(t, rt, &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ended <- coro.WithContext(exchange.Co(r.Context()), r.Context(), func(co *coro.Co) error {
			close(begun)
			return coro.Sleep(co, time.Hour)
		})
	})}, options{})
	c := dial(t, s.addr)
	_, _ = io.WriteString(c, get("x"))
	receive(t, begun)
	c.Close()
	if err := receive(t, ended); !errors.Is(err, core.ErrCancelled) || !errors.Is(err, context.Canceled) {
		t.Error("the sleep ends with ", err)
	}
}

func TestTheEndOfTheRuntimeEndsAHandlerThatWaits(t *testing.T) {
	rt, err := executor.New(executor.Options{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	begun, ended := make(chan context.Context), make(chan error, 1)
	s := tasks(t, rt, &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		done := r.Context().Done()
		begun <- r.Context()
		err := coro.Sleep(exchange.Co(r.Context()), time.Hour)
		<-done // at once: package context reports on a goroutine
		fmt.Fprint(w, "late")
		ended <- errors.Join(err, context.Cause(r.Context()))
	})}, options{})
	c := dial(t, s.addr)
	_, _ = io.WriteString(c, get("x"))
	receive(t, begun)
	over, cancel := context.WithCancel(context.Background())
	cancel()
	_ = rt.Shutdown(over)
	if err := receive(t, ended); !errors.Is(err, core.ErrCancelled) {
		t.Error("the handler ends with ", err)
	}
	if b, _ := io.ReadAll(c); len(b) != 0 {
		t.Errorf("the client reads %q", b)
	}
}

func TestAnotherGoroutineIsRefused(t *testing.T) {
	rt := newRuntime(t, executor.Options{})
	errs := make(chan error, 5)
	s := tasks(t, rt, &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		done := make(chan struct{})
		go func() {
			defer close(done)
			_, err := fmt.Fprint(w, "foreign")
			errs <- err
			_, err = r.Body.Read(make([]byte, 1))
			errs <- err
			errs <- r.Body.Close()
			errs <- http.NewResponseController(w).Flush()
			_, _, err = http.NewResponseController(w).Hijack()
			errs <- err
			w.Header().Set("X", "y")
			w.WriteHeader(http.StatusTeapot)
		}()
		_ = wait(r, done)
		b, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %d", b, len(w.Header()))
	})}, options{})
	got := talk(t, s.addr, post("x", "abc", "Connection: close"), false)
	if want := "abc 0"; got[max(len(got)-len(want), 0):] != want {
		t.Errorf("the response is %q", got)
	}
	for range cap(errs) {
		if err := receive(t, errs); !errors.Is(err, stdnet.ErrForeign) {
			t.Error("the error is ", err)
		}
	}
}

func TestAWriterFailsAfterItsHandler(t *testing.T) {
	rt := newRuntime(t, executor.Options{})
	writers, bodies := make(chan http.ResponseWriter, 1), make(chan io.ReadCloser, 1)
	s := tasks(t, rt, &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		writers <- w
		bodies <- r.Body
	})}, options{})
	talk(t, s.addr, post("x", "abc", "Connection: close"), false)
	w := receive(t, writers)
	if _, err := fmt.Fprint(w, "late"); err == nil {
		t.Error("a write succeeds")
	}
	if _, err := receive(t, bodies).Read(make([]byte, 1)); err != http.ErrBodyReadAfterClose {
		t.Error("a read of the body fails with ", err)
	}
	w.Header().Set("X", "y")
	w.WriteHeader(http.StatusOK)
}
