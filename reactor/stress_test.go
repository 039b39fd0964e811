package reactor_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/reactor"
	"github.com/moduvex/moduvex-go/reactor/reactortest"
)

// bell is a Waker for whose wake a goroutine waits.
type bell chan struct{}

func (b bell) Wake() {
	select {
	case b <- struct{}{}:
	default:
	}
}

// testTimeout is how long the tests wait for what must happen. It passes only when something is broken.
const testTimeout = 20 * time.Second

// waitLoop waits on r until it is closed, and wakes the wakers.
func waitLoop(t *testing.T, r *reactor.Reactor) (done chan struct{}) {
	done = make(chan struct{})
	go func() {
		defer close(done)
		var wakers []reactor.Waker
		for {
			var err error
			wakers, err = r.Wait(-1, wakers[:0])
			if err != nil {
				if !errors.Is(err, reactor.ErrClosed) {
					t.Errorf("Wait: %v", err)
				}
				return
			}
			for _, w := range wakers {
				w.Wake()
			}
		}
	}()
	return done
}

// await polls g with w until it is ready, blocking in between; ok is false if it never gets ready.
func await(g *reactor.Registration, w bell, d reactor.Direction) (ev reactor.ReadyEvent, ok bool) {
	for {
		if ev, ok := g.PollReady(w, d); ok {
			return ev, true
		}
		timer := time.NewTimer(testTimeout)
		select {
		case <-w:
			timer.Stop()
		case <-timer.C:
			return ev, false
		}
	}
}

// Several readers share one end of each pair and writers fill it from the other end: every byte must be read although the
// readers wait for wakers only. A lost wake, or readiness that is cleared under a wrong tick, leaves all readers
// asleep.
func TestNoWakeIsLost(t *testing.T) {
	for name, newPoller := range map[string]func() (reactor.Poller, *reactortest.Fake){
		"edges": func() (reactor.Poller, *reactortest.Fake) { f := reactortest.NewFake(); return f, f },
		"rearm": func() (reactor.Poller, *reactortest.Fake) { f := reactortest.NewRearmFake(); return f, f.Fake },
	} {
		t.Run(name, func(t *testing.T) { noWakeIsLost(t, newPoller) })
	}
}

func noWakeIsLost(t *testing.T, newPoller func() (reactor.Poller, *reactortest.Fake)) {
	p, fake := newPoller()
	r := reactor.New(p)
	done := waitLoop(t, r)
	const pairs, readers, total = 3, 3, 40_000
	var wg sync.WaitGroup
	for range pairs {
		a, b := fake.Pair()
		in, err := r.Register(a.FD(), both)
		if err != nil {
			t.Fatal(err)
		}
		out, err := r.Register(b.FD(), both)
		if err != nil {
			t.Fatal(err)
		}
		var got atomic.Int64
		var all sync.WaitGroup
		for range readers {
			all.Go(func() {
				w := make(bell, 1)
				buf := make([]byte, 700)
				for {
					ev, ok := await(in, w, reactor.Read)
					if !ok {
						t.Errorf("a reader was never woken, after %d bytes", got.Load())
						return
					}
					if ev.Ready&reactor.Closed != 0 {
						return
					}
					n, err := a.Read(buf)
					if err == reactortest.ErrWouldBlock {
						in.ClearReady(ev, reactor.Read)
						continue
					}
					if got.Add(int64(n)) == total {
						in.Deregister() // the other readers see Closed
						return
					}
				}
			})
		}
		all.Go(func() {
			w := make(bell, 1)
			for left := total; left > 0; {
				ev, ok := await(out, w, reactor.Write)
				if !ok {
					t.Error("the writer was never woken")
					return
				}
				n, err := b.Write(make([]byte, min(left, 900)))
				if err == reactortest.ErrWouldBlock {
					out.ClearReady(ev, reactor.Write)
				}
				left -= n
			}
		})
		wg.Go(all.Wait)
	}
	wg.Wait()
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	<-done
}

// All operations at once on a few descriptors that come and go. The test asserts that it ends, that no descriptor is
// closed before it is deleted, and that the Close at the end wakes every waiter; the race detector checks the rest.
func TestPollingClearingFiringAndDeregisteringRace(t *testing.T) {
	r := newRig(t)
	done := waitLoop(t, r.r)
	const fds, generations = 4, 60
	var current [fds]atomic.Pointer[reactor.Registration]
	var finished atomic.Int32
	var wg sync.WaitGroup
	for fd := range fds {
		g := r.register(uintptr(fd))
		current[fd].Store(g)
		wg.Go(func() { // the owner
			defer finished.Add(1)
			for range generations {
				time.Sleep(100 * time.Microsecond)
				errs := make(chan error, 2)
				closed := 0
				go func() { errs <- g.Deregister() }()
				err := g.CloseWith(func(fd uintptr) error {
					closed++
					if _, _, _, ok := r.f.Registered(fd); ok {
						t.Error("closed before it was deleted")
					}
					return nil
				})
				if derr := <-errs; err != nil || closed != 1 || derr != nil && !errors.Is(derr, reactor.ErrClosed) {
					t.Errorf("CloseWith: %v, Deregister: %v, closed %d times", err, derr, closed)
				}
				var regErr error
				if g, regErr = r.r.Register(uintptr(fd), both); regErr != nil {
					t.Errorf("Register: %v", regErr)
					return
				}
				current[fd].Store(g)
			}
		})
	}
	for i := range 3 {
		wg.Go(func() { // users, each of which waits in both directions
			w := make(bell, 1)
			for n := i; finished.Load() < fds; n++ {
				g := current[n%fds].Load()
				d := reactor.Direction(n & 1)
				if ev, ok := g.PollReady(w, d); ok {
					g.ClearReady(ev, d)
					continue
				}
				switch n % 5 {
				case 0:
					g.Unwait(w, d)
				case 1:
					for _, w := range g.TakeWaiters(d, nil) {
						w.Wake()
					}
				}
			}
		})
	}
	wg.Go(func() { // the system
		for n := 0; finished.Load() < fds; n++ {
			fd := uintptr(n % fds)
			r.f.Fire(fd, reactor.Readiness(1<<(n%6)))
			r.f.FireKey(reactor.KeyOf(current[fd].Load())-1<<32, reactor.ReadReady)
			if n%64 == 0 {
				r.r.Notify()
				time.Sleep(time.Microsecond)
			}
		}
	})
	wg.Wait()

	var last [fds]counter
	var waits [fds]bool
	for fd := range fds {
		g := current[fd].Load()
		for {
			ev, ok := g.PollReady(&last[fd], reactor.Read)
			waits[fd] = !ok
			if !ok || ev.Ready&(reactor.ReadClosed|reactor.Closed) != 0 {
				break
			}
			g.ClearReady(ev, reactor.Read)
		}
	}
	if err := r.r.Close(); err != nil {
		t.Error(err)
	}
	<-done
	for fd := range fds {
		if ev, ok := current[fd].Load().Ready(reactor.Read); !ok || ev.Ready&reactor.Closed == 0 {
			t.Errorf("fd %d is not closed: %v", fd, ev.Ready)
		}
		if waits[fd] && last[fd].n.Load() == 0 {
			t.Errorf("the waiter of fd %d was not woken", fd)
		}
	}
	if n := r.r.Len(); n != 0 {
		t.Errorf("%d registrations are left", n)
	}
}

// Readiness that arrives while PollReady is between its read and its registration must be returned or must wake; many
// short rounds without other work hit that gap.
func TestReadinessDuringPollReadyIsSeen(t *testing.T) {
	r := newRig(t)
	g := r.register(3)
	w := make(bell, 1)
	for round := range 20_000 {
		fired := make(chan struct{})
		go func() {
			r.f.Fire(3, reactor.ReadReady)
			wakers, _ := r.r.Wait(0, nil)
			for _, w := range wakers {
				w.Wake()
			}
			close(fired)
		}()
		ev, ok := await(g, w, reactor.Read)
		if !ok {
			t.Fatalf("round %d: the wake was lost", round)
		}
		<-fired
		select {
		case <-w:
		default:
		}
		for ; ok; ev, ok = g.Ready(reactor.Read) {
			g.ClearReady(ev, reactor.Read)
		}
	}
}

// The same protocol, with one interleaving forced: a report that waits for the lock must have set the bits already, or a
// waiter that has the lock would neither read them nor be in the list.
func TestAReportSetsTheBitsBeforeItTakesTheLock(t *testing.T) {
	r := newRig(t)
	g := r.register(3)
	unlock := reactor.Lock(g)
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.f.Fire(3, reactor.ReadReady)
		r.r.Wait(0, nil)
	}()
	for deadline := time.Now().Add(testTimeout); ; time.Sleep(10 * time.Microsecond) {
		if _, ok := g.Ready(reactor.Read); ok {
			break
		}
		if time.Now().After(deadline) {
			t.Error("the report waits for the lock first")
			break
		}
	}
	unlock()
	<-done
}

func TestRegisterRacesClose(t *testing.T) {
	for range 200 {
		r := newRig(t)
		var wg sync.WaitGroup
		for fd := range 4 {
			wg.Go(func() {
				g, err := r.r.Register(uintptr(fd), both)
				if err != nil {
					if !errors.Is(err, reactor.ErrClosed) {
						t.Errorf("Register: %v", err)
					}
					return
				}
				w := make(bell, 1)
				if ev, ok := await(g, w, reactor.Read); !ok || ev.Ready&reactor.Closed == 0 {
					t.Errorf("after Close: %v, %v", ev.Ready, ok)
				}
			})
		}
		wg.Go(func() { r.r.Close() })
		wg.Wait()
		if n := r.r.Len(); n != 0 {
			t.Fatalf("%d registrations are left", n)
		}
	}
}
