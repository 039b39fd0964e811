package exchange_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/compat/nethttp/internal/exchange"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
)

// Clients send requests, one at a time or several, in pieces that come before, during and after the handlers of the requests
// before, which watch the connection or not. Some of the clients disconnect. No byte is lost, and each response is the one to
// its request.
func TestBytesThatComeAtAnyTimeAreNotLost(t *testing.T) {
	rounds := 40
	if testing.Short() {
		rounds = 10
	}
	rt := newRuntime(t, executor.Options{})
	s := tasks(t, rt, &http.Server{ReadTimeout: time.Hour, WriteTimeout: time.Hour, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		co := exchange.Co(r.Context())
		what := rand.IntN(4)
		if what > 0 {
			ctx, cancel := context.WithCancel(r.Context())
			defer cancel()
			ctx.Done()
		}
		if what > 1 {
			_ = coro.Sleep(co, time.Duration(rand.IntN(2))*time.Millisecond)
			_ = co.Yield()
		}
		if what > 2 {
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(time.Hour))
		}
		b, err := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s %v", r.URL.Path, b, err)
	})}, options{})
	var all sync.WaitGroup
	for client := range 8 {
		all.Go(func() {
			for round := range rounds {
				if err := converse(s.addr, fmt.Sprintf("%d-%d", client, round)); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
}

// converse sends some requests in random pieces on one connection, and checks the responses.
func converse(addr, name string) error {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(testTimeout))
	n := 1 + rand.IntN(5)
	var raw, want []string
	for i := range n {
		path := fmt.Sprintf("%s-%d", name, i)
		switch body := fmt.Sprint("body", i); rand.IntN(3) {
		case 0:
			raw, want = append(raw, get(path)), append(want, "/"+path+"  <nil>")
		case 1:
			raw, want = append(raw, post(path, body)), append(want, "/"+path+" "+body+" <nil>")
		case 2:
			raw = append(raw, chunks(path, fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(body), body)))
			want = append(want, "/"+path+" "+body+" <nil>")
		}
	}
	leaves := rand.IntN(4) == 0
	done := make(chan struct{})
	go func() {
		defer close(done)
		for _, text := range raw {
			for text != "" {
				k := min(1+rand.IntN(len(text)), len(text))
				if _, err := io.WriteString(c, text[:k]); err != nil {
					return
				}
				text = text[k:]
				if rand.IntN(2) == 0 {
					runtime.Gosched()
				} else {
					time.Sleep(time.Duration(rand.IntN(300)) * time.Microsecond)
				}
			}
		}
	}()
	defer func() { <-done }()
	br := bufio.NewReader(c)
	for i, w := range want {
		if leaves && i == n-1 {
			c.Close()
			return nil
		}
		resp, err := http.ReadResponse(br, nil)
		if err != nil {
			return fmt.Errorf("%s, response %d: %w", name, i, err)
		}
		b, err := io.ReadAll(resp.Body)
		if err != nil || string(b) != w {
			return fmt.Errorf("the response is %q, %v; want %q", b, err, w)
		}
	}
	return nil
}
