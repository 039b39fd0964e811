//go:build unix

package nethttp_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/moduvex/moduvex-go/compat/nethttp"
	"github.com/moduvex/moduvex-go/compat/stdnet"
	"github.com/moduvex/moduvex-go/executor"
)

// A program drains at SIGTERM: the server stops, then the runtime.
func ExampleServer_Shutdown() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	rt, err := executor.New(executor.Options{})
	if err != nil {
		log.Fatal(err)
	}
	began := make(chan struct{})
	s := &nethttp.Server{Runtime: rt, HTTP: &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			close(began)
			<-ctx.Done() // the handler is at work when the signal comes
			fmt.Fprintln(w, "done")
		}),
	}}
	l, err := stdnet.Listen(rt, "tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go func() { // a client, and the system
		<-began
		p, err := os.FindProcess(os.Getpid())
		if err == nil {
			err = p.Signal(syscall.SIGTERM)
		}
		if err != nil {
			log.Fatal(err)
		}
	}()
	answers := make(chan *http.Response, 1)
	go func() {
		res, err := http.Get("http://" + l.Addr().String())
		if err != nil {
			log.Fatal(err)
		}
		answers <- res
	}()

	stopped := make(chan error, 1)
	go func() {
		<-ctx.Done()
		limit, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		stopped <- errors.Join(s.Shutdown(limit), rt.Shutdown(limit))
	}()
	fmt.Println(s.Serve(l)) // returns when Shutdown begins
	print(<-answers, nil)
	fmt.Println(<-stopped)
	// Output:
	// http: Server closed
	// done
	// <nil>
}
