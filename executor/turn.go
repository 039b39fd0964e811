package executor

import (
	"errors"
	"runtime"
	"time"

	"github.com/moduvex/moduvex-go/reactor"
)

// This file is what a worker does besides polling.

// turn does what is due besides polling. If there is nothing to poll, it searches, and then parks.
func (w *worker) turn() {
	w.current.Store(0)
	w.label() // a future may have left others
	w.ended.forget()
	listed := w.queue.bound.turn()
	listed = w.queue.private.turn() || listed
	w.receive()
	w.letOthers()
	if !listed { // or more would come into the ring than goes out
		w.timers.expire()
	}
	w.publish()
	w.rt.checkDrained()
	w.io()
	if !w.queue.empty() {
		if w.searching {
			w.found() // it was woken to search, and tasks came before it did: nobody polls and is counted
		}
		return
	}
	if w.commons == nil || !w.steal() {
		w.park()
	}
}

// giveWay is how long a worker with tasks goes on while there are idle processors.
const giveWay = 100 * time.Microsecond

// letOthers gives the other goroutines of the process a turn. A worker with tasks never blocks, and one
// that parks blocks in a system call, which keeps its processor until Go's monitor takes it away: either
// way they would wait for up to 10 ms. Among them are those whom the tasks have just woken, and those of the
// garbage collector: while it marks, each pointer write pays for a barrier.
//
// Where there are idle processors they would not wait, and then this costs microseconds: Go wakes a thread
// for one of those, which looks for something to run in vain, next to this worker. So a worker that parks
// asks first whether any goroutine is ready, and one that has tasks, which gives way after each turn
// otherwise, does so every 100 us only: an idle processor may be a thread that the system does not run.
func (w *worker) letOthers() {
	polls, parks := w.counts.polls-w.yielded, w.queue.empty()
	if polls == 0 || polls < pollsPerTurn && !parks {
		return
	}
	if w.idleProcs && !parks && w.Now()-w.gaveWay < giveWay {
		return
	}
	if w.asked++; parks || w.idleProcs || w.asked%16 == 0 {
		var ready bool
		if w.idleProcs, ready = w.rt.goSched.ask(); parks && w.idleProcs && !ready {
			return
		}
	}
	w.yielded = w.counts.polls
	runtime.Gosched()
	if w.idleProcs {
		w.gaveWay = w.Now()
	}
}

// receive takes what other goroutines have sent.
func (w *worker) receive() {
	w.inbox.TakeAll(&w.arrived)
	w.enqueueArrived()
	if w.commons != nil {
		w.inject()
	}
}

func (w *worker) enqueueArrived() {
	for t := w.arrived.Pop(); t != nil; t = w.arrived.Pop() {
		w.counts.wakesRemote++
		w.place(t)
	}
}

// park sleeps until there is something to do.
//
// That no task is missed stands at task.Inbox for those that are bound to the worker, and in idle.go
// for the others. Nothing else is missed either. Who brings news (1) writes it: stop, the idle
// word; (2) interrupts the inbox. The worker (1) parks the inbox, (2) reads the news. Whichever
// comes first, the other sees it. Timers that are armed from elsewhere are news too: see timers.
func (w *worker) park() {
	w.cx.Rest()
	if w.commons != nil {
		w.fallAsleep()
	}
	if w.inbox.Park() {
		if !w.stop.Load() && (w.commons == nil || w.commons.idle.asleep(w.id)) {
			w.sleep()
		}
		w.inbox.Unpark()
	}
	if w.commons != nil {
		w.wakeUp()
	}
	// Not before: a worker that counts as asleep might find that it should be woken for these.
	w.wakeReady()
	if w.searching && !w.queue.empty() {
		w.found() // its own I/O has brought it some
	}
}

func (w *worker) sleep() {
	w.counts.parks++
	set(&w.stats.searches, w.counts.searches) // these would be late by a whole sleep otherwise
	w.stats.parks.Store(w.counts.parks)
	w.parked.Store(true)
	w.turnReactor(w.timers.sleep())
	w.timers.awake()
	w.parked.Store(false)
	w.rt.watchdog.unparked()
}

// io wakes what is ready, without waiting.
func (w *worker) io() {
	if w.reactor.Len() == 0 {
		return // nothing can be ready: save the system call
	}
	w.turnReactor(0)
	w.wakeReady()
}

// turnReactor notes in wakers whom wakeReady has to wake.
func (w *worker) turnReactor(timeout time.Duration) {
	wakers, err := w.reactor.Wait(timeout, w.wakers[:0])
	if err != nil {
		panic(err) // a poller that cannot wait: no I/O would ever happen again
	}
	w.wakers = wakers
}

func (w *worker) wakeReady() {
	for i, k := range w.wakers {
		w.WakeLater(k)
		w.wakers[i] = nil
	}
	w.wakers = w.wakers[:0]
}

// unpark makes the worker look at what has changed besides its tasks. Any goroutine.
func (w *worker) unpark() {
	if w.inbox.Interrupt() {
		w.notify()
	}
}

func (w *worker) notify() {
	w.stats.notifies.Add(1)
	if err := w.reactor.Notify(); err != nil && !errors.Is(err, reactor.ErrClosed) {
		panic(err) // a worker that cannot be woken would sleep for ever
	}
}
