package guide

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/moduvex/moduvex-go/compat/nethttp"
	"github.com/moduvex/moduvex-go/compat/stdnet"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
)

// Without an Output, it is compiled and not run.
func Example_hello() {
	//guide:begin hello
	rt, err := executor.New(executor.Options{})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "hello") })
	s := &nethttp.Server{Runtime: rt, HTTP: &http.Server{Addr: ":8080", Handler: mux}}
	log.Fatal(s.ListenAndServe())
	//guide:end hello
}

//guide:begin http

// serveHTTP serves until SIGTERM or SIGINT, and then until the requests that are under way are done, or for 20 seconds.
func serveHTTP(rt *executor.Runtime, s *nethttp.Server, serve func() error) error {
	term, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- serve() }() // s.ListenAndServe, or ListenAndServeTLS
	select {
	case err := <-ended: // it could not listen, for example
		return errors.Join(err, rt.Shutdown(context.Background()))
	case <-term.Done():
	}
	err := within(20*time.Second, s.Shutdown) // closes at once what waits for a request
	if err != nil {
		err = errors.Join(err, s.Close()) // such as streams, which have no end of their own
	}
	return errors.Join(err, within(5*time.Second, rt.Shutdown))
}

func within(limit time.Duration, end func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	return end(ctx)
}

//guide:end http

//guide:begin httplimits

// newServer has the limits that a server in the open needs.
func newServer(rt *executor.Runtime, h http.Handler) *nethttp.Server {
	return &nethttp.Server{
		Runtime:         rt,
		MaxConns:        100_000, // then clients wait in the listener's queue
		MaxConnsPerAddr: 500,
		HTTP: &http.Server{
			Addr:              ":8443",
			Handler:           h,
			TLSConfig:         &tls.Config{MinVersion: tls.VersionTLS13},
			ReadHeaderTimeout: 5 * time.Second, // half a header holds no goroutine, and not for longer
			IdleTimeout:       10 * time.Minute,
			MaxHeaderBytes:    16 << 10,
		},
	}
}

//guide:end httplimits

func Example_httpTasks() {
	rt, err := executor.New(executor.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rt.Close()
	//guide:begin httptasks
	// With Tasks, a handler runs in a task: a long poll costs a coroutine, and no goroutine.
	s := &nethttp.Server{Runtime: rt, Exchange: nethttp.Tasks, HTTP: &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			state, err := nethttp.Await(r, rt, func(co *coro.Co) (string, error) {
				return "awake", coro.Sleep(co, 10*time.Millisecond)
			})
			if err != nil {
				return // the client has left, or the server ends
			}
			fmt.Fprint(w, state)
		}),
	}}
	//guide:end httptasks
	l, err := stdnet.Listen(rt, "tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	go s.Serve(l)
	fmt.Println(get("http://" + l.Addr().String()))
	fmt.Println(s.Shutdown(context.Background()))
	// Output:
	// awake <nil>
	// <nil>
}

func get(url string) (string, error) {
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	resp, err := (&http.Client{Transport: transport}).Get(url)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return string(b), err
}
