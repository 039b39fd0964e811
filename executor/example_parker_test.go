//go:build linux

package executor_test

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/moduvex/moduvex-go/core/timer"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
)

// An ordinary goroutine reads from a socket of the runtime. Package compat/stdnet makes a net.Conn of this.
func ExampleParker() {
	rt, err := executor.New(executor.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rt.Close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	go func() {
		defer l.Close()
		if peer, err := l.Accept(); err == nil {
			fmt.Fprint(peer, "hello")
			peer.Close()
		}
	}()

	r, err := executor.PollHere(context.Background(), rt, tcp.DialFuture(l.Addr().(*net.TCPAddr).AddrPort()))
	if err != nil {
		fmt.Println(err)
		return
	}
	s, err := r.Get()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()

	p := rt.Parker(0)
	defer p.Release()
	b := make([]byte, 16)
	for {
		n, ready, err := s.PollRead(p.Context(), b)
		if ready {
			fmt.Println(string(b[:n]), err)
			return
		}
		p.Park()
	}
	// Output: hello <nil>
}

// PollHere waits for a future without a task, until its context is done.
func ExamplePollHere() {
	rt, err := executor.New(executor.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rt.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	_, err = executor.PollHere(ctx, rt, timer.Sleep(time.Hour))
	fmt.Println(err)
	_, err = executor.PollHere(context.Background(), rt, timer.Sleep(time.Millisecond))
	fmt.Println(err)
	// Output:
	// context deadline exceeded
	// <nil>
}
