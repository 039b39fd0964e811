package guide

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/moduvex/moduvex-go/compat/stdnet"
	"github.com/moduvex/moduvex-go/compat/taskctx"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
)

func Example_free() {
	rt, err := executor.New(executor.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rt.Close() // again, or after an error
	l, err := stdnet.Listen(rt, "tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	//guide:begin free
	// A server of net/http over a listener of ours. Its handler is ordinary code, and starts a task for the request.
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer, err := taskctx.Call(r.Context(), rt, func(co *coro.Co) (string, error) {
			return "hello " + r.URL.Path[1:], co.Yield() // ends with the request
		})
		if err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprint(w, answer)
	})}
	go server.Serve(l)

	// A client of net/http over our dialer. It blocks, so a task calls it on the blocking pool, as it does a database driver.
	transport := &http.Transport{DialContext: (&stdnet.Dialer{Runtime: rt}).DialContext}
	client := &http.Client{Transport: transport}
	h := executor.Go(rt, func(co *coro.Co) (string, error) {
		return executor.Blocking(co, func() (string, error) {
			resp, err := client.Get("http://" + l.Addr().String() + "/world")
			if err != nil {
				return "", err
			}
			defer resp.Body.Close()
			b, err := io.ReadAll(resp.Body)
			return string(b), err
		})
	})
	//guide:end free
	fmt.Println(h.Wait(context.Background()))
	transport.CloseIdleConnections()
	fmt.Println(end(server, rt))
	// Output:
	// hello world <nil>
	// <nil>
}

//guide:begin end

// end ends a server of net/http and the runtime below it. main calls it when a signal has come: see signal.NewStream and
// its RecvWait.
func end(server *http.Server, rt *executor.Runtime) error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	err := server.Shutdown(ctx) // requests go on until they are done, with the runtime
	return errors.Join(err, rt.Shutdown(ctx))
}

//guide:end end
