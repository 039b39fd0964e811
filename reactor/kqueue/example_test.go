//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package kqueue_test

import (
	"fmt"

	"github.com/moduvex/moduvex-go/reactor"
	"github.com/moduvex/moduvex-go/reactor/kqueue"
	"golang.org/x/sys/unix"
)

func ExampleNew() {
	p, err := kqueue.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer p.Close()

	var fds [2]int
	if err := unix.Pipe(fds[:]); err != nil {
		fmt.Println(err)
		return
	}
	rd, wr := fds[0], fds[1]
	defer unix.Close(wr)

	if err := p.Add(uintptr(rd), 42, reactor.Readable, reactor.Edge); err != nil {
		fmt.Println(err)
	}
	unix.Write(wr, []byte("x"))
	events, err := p.Wait(nil, -1)
	fmt.Println(events, err)

	fmt.Println(p.Add(uintptr(rd), 43, reactor.Readable, reactor.Edge) != nil)
	p.Delete(uintptr(rd)) // before it is closed
	unix.Close(rd)
	// Output:
	// [{42 ReadReady}] <nil>
	// true
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
