//go:build linux

package epoll_test

import (
	"fmt"
	"os"

	"github.com/moduvex/moduvex-go/reactor"
	"github.com/moduvex/moduvex-go/reactor/epoll"
	"golang.org/x/sys/unix"
)

// A program with a loop of its own watches a pipe.
func ExampleNew() {
	//guide:begin new
	p, err := epoll.New()
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
	p, err := epoll.New()
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

//guide:begin reactor

// task is a Waker: an executor would put it into a run queue.
type task string

func (t task) Wake() { fmt.Println("wake", string(t)) }

// A reader finds nothing, waits, is woken by the loop, and reads.
func Example_reactor() {
	poller, err := epoll.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	r := reactor.New(poller)
	defer r.Close()

	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_NONBLOCK|unix.O_CLOEXEC); err != nil {
		fmt.Println(err)
		return
	}
	rd, wr := fds[0], fds[1]
	defer unix.Close(wr)

	reg, err := r.Register(uintptr(rd), reactor.Readable)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer reg.CloseWith(func(fd uintptr) error { return unix.Close(int(fd)) })

	if _, ok := reg.PollReady(task("reader"), reactor.Read); !ok {
		fmt.Println("pending")
	}
	unix.Write(wr, []byte("hello"))

	wakers, err := r.Wait(-1, nil) // a worker's loop
	for _, w := range wakers {
		w.Wake()
	}

	for {
		ev, ok := reg.PollReady(task("reader"), reactor.Read)
		if !ok {
			fmt.Println("pending again", err)
			return
		}
		b := make([]byte, 64)
		n, err := unix.Read(rd, b)
		if err == unix.EAGAIN {
			reg.ClearReady(ev, reactor.Read)
			continue
		}
		fmt.Printf("%s, %v\n", b[:n], err)
	}
	// Output:
	// pending
	// wake reader
	// hello, <nil>
	// pending again <nil>
	// wake reader
}

//guide:end reactor
