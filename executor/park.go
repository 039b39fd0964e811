package executor

import (
	"errors"
	"time"

	"github.com/moduvex/moduvex-go/reactor"
)

// This file has what brings work from elsewhere to a worker: the checks of its inbox and its poller, the sleep in the
// poller, and the wake-up.

// park waits until there is something to do: it spins for it, if that has paid lately, and sleeps.
//
// No task is missed: the argument is at task.Inbox for tasks that are bound to the worker, and in runq/idle.go for the
// others. No other notification is missed either. The notifier (1) writes stop, the idle word, a timer or a returned
// timer; (2) interrupts the inbox. The worker (1) parks the inbox, (2) reads all of these. Whichever comes first, the
// other sees it. The timers have an argument of their own: see timers and released.
func (w *worker) park() {
	w.cx.ForHost().Clear()
	w.ready.Stealer.AnnounceSleep()
	yields := w.spins() // the loop has left that out
	if w.spin() {
		w.ready.Stealer.WakeUp()
		w.receive()
		return
	}
	if yields {
		w.yielder.maybeYield(w.counts.polls, true)
	}
	if w.inbox.Park() {
		if !w.stop.Load() && w.ready.Stealer.Asleep() {
			w.sleep()
			w.slept()
		}
		w.inbox.Unpark()
	}
	w.ready.Stealer.WakeUp()
	// After WakeUp: a waker may make a task stealable, and the worker would choose itself if it still counted as asleep.
	w.wakeFired()
	if !w.ready.Empty() {
		w.ready.Stealer.EndSearch() // its own I/O has brought some
	}
}

func (w *worker) sleep() {
	w.counts.parks++
	set(&w.stats.searches, w.ready.Stealer.Counts().Searches) // now: the next publish comes after the sleep
	w.stats.parks.Store(w.counts.parks)
	set(&w.stats.spins, w.counts.spins)
	set(&w.stats.spinHits, w.counts.spinHits)
	w.parked.Store(true)
	w.waitReactor(w.timers.sleep(), w.yielder.countServing())
	w.timers.awake()
	w.parked.Store(false)
	w.rt.watchdog.unparked()
}

// pollIO wakes the tasks whose I/O is ready, without waiting.
func (w *worker) pollIO() {
	if w.reactor.Len() == 0 {
		return // nothing can be ready: save the system call
	}
	w.waitReactor(0, false)
	w.wakeFired()
}

// waitReactor lets the reactor wait, in Go's netpoller or in a system call, and keeps the wakers of what is ready for
// wakeFired.
func (w *worker) waitReactor(timeout time.Duration, inNetpoll bool) {
	var wakers []reactor.Waker
	var err error
	if inNetpoll {
		wakers, err = w.reactor.WaitInNetpoll(timeout, w.fired[:0])
	} else {
		wakers, err = w.reactor.Wait(timeout, w.fired[:0])
	}
	if err != nil {
		panic(err) // a poller that cannot wait: no I/O would ever happen again
	}
	w.fired = wakers
}

func (w *worker) wakeFired() {
	for i, k := range w.fired {
		if _, ok := k.(*parked); ok {
			w.yielder.wakes()
		}
		w.WakeLater(k)
		w.fired[i] = nil
	}
	w.fired = w.fired[:0]
}

// receive takes the tasks that other goroutines have sent: all from the inbox, a share from the injector.
func (w *worker) receive() {
	w.inbox.TakeAll(&w.arrived)
	if n := w.arrived.Len(); n != 0 {
		w.counts.wakesRemote += uint64(n)
		w.ready.Bound.PushAll(&w.arrived)
	}
	w.ready.Stealer.TakeShare()
}

// unpark makes the worker read again what may end its sleep besides its tasks. Any goroutine.
func (w *worker) unpark() {
	if w.inbox.Interrupt() {
		w.notify()
	} else {
		w.endSpin()
	}
}

func (w *worker) notify() {
	w.stats.notifies.Add(1)
	if err := w.reactor.Notify(); err != nil && !errors.Is(err, reactor.ErrClosed) {
		panic(err) // a worker that cannot be woken would sleep for ever
	}
}
