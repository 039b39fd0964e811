//go:build unix

package guide

import (
	"fmt"
	"net/http"
	"os"
	"syscall"

	"github.com/moduvex/moduvex-go/compat/stdnet"
	"github.com/moduvex/moduvex-go/executor"
)

func Example_http() {
	rt, err := executor.New(executor.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	s := newServer(rt, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "hello") }))
	l, err := stdnet.Listen(rt, "tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	ended := make(chan error, 1)
	go func() { ended <- serveHTTP(rt, s, func() error { return s.Serve(l) }) }()
	fmt.Println(get("http://" + l.Addr().String()))
	self, _ := os.FindProcess(os.Getpid())
	if err := self.Signal(syscall.SIGTERM); err != nil {
		fmt.Println(err)
	}
	fmt.Println(<-ended)
	// Output:
	// hello <nil>
	// <nil>
}
