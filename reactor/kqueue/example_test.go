//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package kqueue_test

import (
	"fmt"
	"os"

	"github.com/moduvex/moduvex-go/reactor"
	"github.com/moduvex/moduvex-go/reactor/kqueue"
)

// A program with a loop of its own watches a pipe.
func ExampleNew() {
	//guide:begin new
	p, err := kqueue.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer p.Close()

	rd, wr, err := os.Pipe()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer wr.Close()
	defer rd.Close()

	fd := rd.Fd()
	if err := p.Add(fd, 42, reactor.Readable, reactor.Edge); err != nil {
		fmt.Println(err)
		return
	}
	defer p.Delete(fd) // before the close

	wr.WriteString("x")
	events, err := p.Wait(nil, -1)
	fmt.Println(events, err) // [{42 ReadReady}] <nil>
	//guide:end new
	// Output:
	// [{42 ReadReady}] <nil>
}

// A Notify from another goroutine ends a Wait without an event.
func ExamplePoller_Notify() {
	p, err := kqueue.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer p.Close()
	go p.Notify()
	events, err := p.Wait(nil, -1)
	fmt.Println(len(events), err)
	// Output:
	// 0 <nil>
}
