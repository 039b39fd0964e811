package wheel_test

import (
	"fmt"
	"time"

	"github.com/moduvex/moduvex-go/core/timer/wheel"
)

type name string

func (n name) Wake() { fmt.Println("wake", n) }

// A worker's loop: sleep until Next, drain, run what has been woken.
func Example() {
	w := wheel.New(0)
	w.Insert(&wheel.Entry{Waker: name("slow")}, 5*time.Second)
	w.Insert(&wheel.Entry{Waker: name("quick")}, 20*time.Millisecond)

	for {
		now, ok := w.Next() // here a worker would sleep until then
		if !ok {
			break
		}
		fmt.Println("at", now)
		for e := w.Expire(now); e != nil; e = w.Expire(now) {
			e.Waker.Wake()
		}
	}
	// Output:
	// at 20ms
	// wake quick
	// at 5s
	// wake slow
}

// A future embeds its entry: the timer costs no separate allocation.
func ExampleWheel_Insert() {
	type sleep struct {
		timer wheel.Entry
		// what else the future needs
	}
	w := wheel.New(0)
	s := new(sleep)
	w.Insert(&s.timer, 1500*time.Microsecond)
	fmt.Println(s.timer.Armed(), s.timer.Deadline())

	at, _ := w.Next() // rounded up to the tick
	fmt.Println(at)
	// Output:
	// true 1.5ms
	// 2ms
}

func ExampleWheel_Remove() {
	w := wheel.New(0)
	e := new(wheel.Entry)
	w.Insert(e, time.Second)
	fmt.Println(w.Remove(e), w.Remove(e))
	fmt.Println(w.Expire(time.Hour) == nil)
	// Output:
	// true false
	// true
}

// A timeout that each activity postpones.
func ExampleWheel_Reset() {
	const timeout = 30 * time.Second
	w := wheel.New(0)
	e := new(wheel.Entry)
	for _, now := range []time.Duration{0, 20 * time.Second, 45 * time.Second} {
		fmt.Println(now, w.Expire(now) != nil)
		w.Reset(e, now+timeout)
	}
	fmt.Println(e.Deadline(), w.Expire(75*time.Second) == e)
	// Output:
	// 0s false
	// 20s false
	// 45s false
	// 1m15s true
}

// A ticker arms its entry again from inside the drain. It does not catch up
// within the same drain on ticks that a jump has missed.
func ExampleWheel_Expire() {
	w := wheel.New(0)
	e := new(wheel.Entry)
	w.Insert(e, 10*time.Millisecond)
	for _, now := range []time.Duration{10 * time.Millisecond, 35 * time.Millisecond, 36 * time.Millisecond} {
		for e := w.Expire(now); e != nil; e = w.Expire(now) {
			fmt.Println("at", now, "for", e.Deadline())
			w.Insert(e, e.Deadline()+10*time.Millisecond)
		}
	}
	// Output:
	// at 10ms for 10ms
	// at 35ms for 20ms
	// at 36ms for 30ms
}

func ExampleWheel_Next() {
	w := wheel.New(0)
	_, ok := w.Next()
	fmt.Println(ok)

	w.Insert(new(wheel.Entry), 3*time.Hour)
	at, ok := w.Next()
	fmt.Println(at, ok)
	// Output:
	// false
	// 3h0m0s true
}
