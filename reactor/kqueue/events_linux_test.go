package kqueue_test

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/reactor"
	"github.com/moduvex/moduvex-go/reactor/kqueue"
	"golang.org/x/sys/unix"
)

func TestBothDirectionsComeInOneEvent(t *testing.T) {
	for _, mode := range modes {
		overDoubles(t, func(t *testing.T, p *kqueue.Poller, f *kqueue.Faults) {
			a, b := socketPair(t)
			unix.Write(b, []byte("x"))
			add(t, p, a, 7, both, mode)
			waitFor(t, p, 7, reactor.ReadReady|reactor.WriteReady)
		})
	}
}

// A one-shot registration has one Event. It must have the conditions of both filters, whether the kernel reports them at
// once or one after the other; what the filters report later is in no Event.
func TestAOneShotOfBothDirectionsReportsOnce(t *testing.T) {
	overDoubles(t, func(t *testing.T, p *kqueue.Poller, f *kqueue.Faults) {
		a, _ := socketPair(t)
		add(t, p, a, 7, both, reactor.OneShot)
		waitFor(t, p, 7, reactor.WriteReady)
		if err := p.Modify(uintptr(a), 8, both, reactor.OneShot); err != nil {
			t.Fatal(err)
		}
		f.Report(p, kqueue.Report{FD: a, Filter: "read", Data: 1})
		f.Report(p, kqueue.Report{FD: a, Filter: "write", Data: 1})
		waitFor(t, p, 8, reactor.ReadReady|reactor.WriteReady)
		f.Report(p, kqueue.Report{FD: a, Filter: "read", Data: 1})
		f.Report(p, kqueue.Report{FD: a, Filter: "read", EOF: true}, kqueue.Report{FD: a, Filter: "write", EOF: true})
		silent(t, p)
	})
}

// The writing end of a socket closes by its own shutdown. If a one-shot reader got that report, it would get it again
// after each Modify.
func TestOnesOwnShutdownIsNoNewsToAReader(t *testing.T) {
	for _, mode := range modes {
		overDoubles(t, func(t *testing.T, p *kqueue.Poller, f *kqueue.Faults) {
			a, b := socketPair(t)
			add(t, p, a, 7, reactor.Readable, mode)
			f.Report(p, kqueue.Report{FD: a, Filter: "write", EOF: true})
			silent(t, p)
			// It is one half of a hang-up.
			unix.Shutdown(b, unix.SHUT_WR)
			waitFor(t, p, 7, reactor.ReadReady|reactor.ReadClosed|reactor.WriteClosed)
		})
	}
}

func TestAPipeWithoutReadersIsNewsToAnyInterest(t *testing.T) {
	overDoubles(t, func(t *testing.T, p *kqueue.Poller, f *kqueue.Faults) {
		_, wr := pipe(t)
		add(t, p, wr, 7, 0, reactor.OneShot)
		f.Report(p, kqueue.Report{FD: wr, Filter: "write", EOF: true})
		waitFor(t, p, 7, reactor.WriteClosed)
	})
}

func TestAnEventOfAnEarlierRegistrationIsDropped(t *testing.T) {
	overDoubles(t, func(t *testing.T, p *kqueue.Poller, f *kqueue.Faults) {
		a, _ := socketPair(t)
		add(t, p, a, 7, reactor.Readable, reactor.OneShot)
		if err := p.Delete(uintptr(a)); err != nil {
			t.Fatal(err)
		}
		f.Report(p, kqueue.Report{FD: a, Filter: "read", Data: 1})
		silent(t, p)
		add(t, p, a, 8, reactor.Readable, reactor.OneShot)
		f.Report(p,
			kqueue.Report{FD: a, Filter: "read", Data: 1, Stale: true},
			kqueue.Report{FD: a, Filter: "read", Error: true, Stale: true},
			kqueue.Report{FD: a, Filter: "vnode"})
		silent(t, p)
		f.Report(p, kqueue.Report{FD: a, Filter: "read", Data: 1})
		waitFor(t, p, 8, reactor.ReadReady)
	})
}

// Unreported events may fill the buffer. Wait must find the events behind them, also if it does not block.
func TestWhatIsDroppedHidesNothing(t *testing.T) {
	for _, timeout := range []time.Duration{0, 1, testTimeout, -1} {
		overDoubles(t, func(t *testing.T, p *kqueue.Poller, f *kqueue.Faults) {
			a, b := socketPair(t)
			add(t, p, a, 7, reactor.Readable, reactor.Edge)
			unix.Write(b, []byte("x"))
			stale := make([]kqueue.Report, p.Room())
			for i := range stale {
				stale[i] = kqueue.Report{FD: a, Filter: "read", Data: 1, Stale: true}
			}
			f.Report(p, stale...)
			if events := wait(t, p, timeout); len(events) != 1 {
				t.Errorf("Wait(%v) found %v behind a full buffer", timeout, events)
			}
		})
	}
}

func TestTheBufferGrowsWithTheLoad(t *testing.T) {
	overDoubles(t, func(t *testing.T, p *kqueue.Poller, f *kqueue.Faults) {
		_, wr := pipe(t)
		first := p.Room()
		const n = 200
		for i := range n {
			fd, err := unix.FcntlInt(uintptr(wr), unix.F_DUPFD_CLOEXEC, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer unix.Close(fd)
			add(t, p, fd, reactor.Key(i), reactor.Writable, reactor.Level)
		}
		for range 4 {
			wait(t, p, 0)
		}
		if events := wait(t, p, 0); len(events) != n {
			t.Errorf("%d events, want %d", len(events), n)
		}
		if room := p.Room(); room <= n || room > reactor.MaxEvents || first >= room {
			t.Errorf("room %d at first, %d now", first, room)
		}
	})
}

// Some kernels refuse a timeout that is too long.
func TestALongTimeoutIsCut(t *testing.T) {
	overDoubles(t, func(t *testing.T, p *kqueue.Poller, f *kqueue.Faults) {
		done := make(chan error)
		go func() {
			_, err := p.Wait(nil, math.MaxInt64)
			done <- err
		}()
		for len(f.Waits()) == 0 {
			time.Sleep(time.Millisecond)
		}
		p.Notify()
		if err := <-done; err != nil {
			t.Error(err)
		}
		for _, d := range f.Waits() {
			if d < 0 || d > kqueue.MaxTimeout {
				t.Errorf("the kernel was to wait for %v", d)
			}
		}
	})
}

func TestDescriptorsThatCannotBeAreRefused(t *testing.T) {
	overDoubles(t, func(t *testing.T, p *kqueue.Poller, f *kqueue.Faults) {
		rd, _ := pipe(t)
		fds := []uintptr{reactor.NoFD, math.MaxInt32}
		if wide := uint64(1)<<32 + uint64(rd); uint64(uintptr(wide)) == wide {
			fds = append(fds, uintptr(wide)) // its lower half is an open descriptor
		}
		for _, fd := range fds {
			if err := p.Add(fd, 1, reactor.Readable, reactor.Level); !errors.Is(err, unix.EBADF) {
				t.Errorf("Add of fd %d: %v, want EBADF", fd, err)
			}
		}
	})
}
