package reactor_test

import (
	"fmt"

	"github.com/moduvex/moduvex-go/reactor"
	"github.com/moduvex/moduvex-go/reactor/reactortest"
)

// printer is a Waker; that of a task puts the task into a run queue.
type printer string

func (p printer) Wake() { fmt.Println("wake", string(p)) }

// A reader finds nothing, waits, is woken, reads until would-block and waits again.
func Example() {
	poller := reactortest.NewFake() // or epoll.New()
	r := reactor.New(poller)
	defer r.Close()

	const fd = 3
	reg, err := r.Register(fd, reactor.Readable|reactor.Writable)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer reg.CloseWith(func(fd uintptr) error { fmt.Println("close", fd); return nil })

	if _, ok := reg.PollReady(printer("reader"), reactor.Read); !ok {
		fmt.Println("pending")
	}

	poller.Fire(fd, reactor.ReadReady) // bytes arrive

	wakers, _ := r.Wait(-1, nil)
	for _, w := range wakers {
		w.Wake()
	}
	ev, ok := reg.PollReady(printer("reader"), reactor.Read)
	fmt.Println(ev.Ready, ok)

	// The read that follows gets the bytes, the next one EAGAIN.
	reg.ClearReady(ev, reactor.Read)
	_, ok = reg.PollReady(printer("reader"), reactor.Read)
	fmt.Println(ok)

	// Output:
	// pending
	// wake reader
	// ReadReady true
	// false
	// wake reader
	// close 3
}

func ExampleReactor_Register() {
	poller := reactortest.NewFake()
	r := reactor.New(poller)
	defer r.Close()
	if _, err := r.Register(3, reactor.Readable|reactor.Writable); err != nil {
		fmt.Println(err)
	}
	_, err := r.Register(3, reactor.Readable)
	fmt.Println(err)
	fmt.Println(r.Len())
	// Output:
	// reactor: add fd 3: already registered
	// 1
}

func ExampleReactor_Wait() {
	poller := reactortest.NewFake()
	r := reactor.New(poller)
	reg, _ := r.Register(3, reactor.Readable|reactor.Writable)
	reg.PollReady(printer("reader"), reactor.Read)
	reg.PollReady(printer("writer"), reactor.Write)

	poller.Set(3, reactor.WriteReady)

	var wakers []reactor.Waker // reused by every Wait
	for range 2 {
		var err error
		if wakers, err = r.Wait(0, wakers[:0]); err != nil {
			fmt.Println(err)
		}
		for _, w := range wakers {
			w.Wake()
		}
		fmt.Println(len(wakers), "woken")
	}
	r.Close() // wakes the waiters that are left
	// Output:
	// wake writer
	// 1 woken
	// 0 woken
	// wake reader
}

func ExampleRegistration_Unwait() {
	poller := reactortest.NewFake()
	r := reactor.New(poller)
	defer r.Close()
	reg, _ := r.Register(3, reactor.Readable)
	reg.PollReady(printer("stays"), reactor.Read)
	reg.PollReady(printer("gives up"), reactor.Read)
	reg.Unwait(printer("gives up"), reactor.Read)

	poller.Fire(3, reactor.ReadReady)
	wakers, _ := r.Wait(0, nil)
	for _, w := range wakers {
		w.Wake()
	}
	// Output:
	// wake stays
}

// One connection wakes one of the tasks that accept. That task accepts, and wakes the next one if there may be more.
func ExampleRegistration_SetWakeOne() {
	poller := reactortest.NewFake()
	r := reactor.New(poller)
	defer r.Close()
	listener, _ := r.Register(3, reactor.Readable)
	listener.SetWakeOne(reactor.Read)
	listener.PollReady(printer("first"), reactor.Read)
	listener.PollReady(printer("second"), reactor.Read)

	poller.Fire(3, reactor.ReadReady)
	wakers, _ := r.Wait(0, nil)
	for _, w := range wakers {
		w.Wake()
	}
	// The first task has accepted a connection, and there may be another one.
	if _, more := listener.Ready(reactor.Read); more {
		if next := listener.TakeWaiter(reactor.Read); next != nil {
			next.Wake()
		}
	}
	fmt.Println("a task waits:", listener.HasWaiters(reactor.Read))
	// Output:
	// wake first
	// wake second
	// a task waits: false
}

// The closed bit of a peer that has shut down its sending half stays. A read that would block nevertheless waits for
// another report.
func ExampleRegistration_PollReadyAfter() {
	poller := reactortest.NewFake()
	r := reactor.New(poller)
	defer r.Close()
	reg, _ := r.Register(3, reactor.Readable)
	reg.PollReady(printer("reader"), reactor.Read)
	report := func(ready reactor.Readiness) {
		poller.Fire(3, ready)
		wakers, _ := r.Wait(0, nil)
		for _, w := range wakers {
			w.Wake()
		}
	}
	report(reactor.ReadReady | reactor.ReadClosed)
	ev, _ := reg.PollReady(printer("reader"), reactor.Read)
	reg.ClearReady(ev, reactor.Read) // the read would block
	_, ok := reg.PollReadyAfter(printer("reader"), reactor.Read, ev)
	fmt.Println("ready again:", ok)
	report(reactor.ReadReady)
	// Output:
	// wake reader
	// ready again: false
	// wake reader
}
