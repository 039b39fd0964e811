package kqueue_test

import (
	"errors"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/reactor"
	"github.com/moduvex/moduvex-go/reactor/kqueue"
	"golang.org/x/sys/unix"
)

const both = reactor.Readable | reactor.Writable

// overDoubles runs test over a double of each kernel.
func overDoubles(t *testing.T, test func(t *testing.T, p *kqueue.Poller, f *kqueue.Faults)) {
	for _, flavour := range kqueue.Flavours {
		t.Run(flavour, func(t *testing.T) {
			p, f, err := kqueue.NewOverDouble(flavour)
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := p.Close(); err != nil && !errors.Is(err, reactor.ErrClosed) {
					t.Error(err)
				}
				if err := f.Misused(); err != nil {
					t.Error(err)
				}
			}()
			test(t, p, f)
		})
	}
}

// Regression: descriptors leaked on error paths.
func TestAFailedNewLeavesNothing(t *testing.T) {
	for _, flavour := range kqueue.Flavours {
		for _, c := range []struct {
			op  string
			err error
		}{{"kqueue", unix.EMFILE}, {"pipe", unix.EMFILE}, {"change", unix.ENOMEM}} {
			f := kqueue.NewFaults(flavour)
			f.FailNext(c.op, c.err)
			open := openFDs(t)
			p, err := f.New()
			if err == nil && c.op == "pipe" { // this kernel needs no pipe
				p.Close()
				continue
			}
			var pe *reactor.PollError
			if p != nil || !errors.Is(err, c.err) || !errors.As(err, &pe) || pe.Op != "new" {
				t.Errorf("%s, %s fails: New returned a Poller: %v, error %v", flavour, c.op, p != nil, err)
			}
			if n := openFDs(t); n != open || f.Queues() != 0 {
				t.Errorf("%s, %s fails: %d descriptors before, %d after", flavour, c.op, open, n)
			}
		}
	}
}

func TestAnInterruptedCallIsMadeAgain(t *testing.T) {
	overDoubles(t, func(t *testing.T, p *kqueue.Poller, f *kqueue.Faults) {
		a, _ := socketPair(t)
		f.FailNext("change", unix.EINTR, unix.EINTR)
		add(t, p, a, 7, both, reactor.Edge)
		f.FailNext("wait", unix.EINTR, unix.EINTR)
		waitFor(t, p, 7, reactor.WriteReady)
		f.FailNext("wait", unix.EINTR)
		start := time.Now()
		silent(t, p)
		if took := time.Since(start); took < pause {
			t.Errorf("an interrupted Wait returned after %v", took)
		}
		f.FailNext("change", unix.EINTR)
		if err := p.Notify(); err != nil {
			t.Error(err)
		}
		if events := wait(t, p, -1); len(events) != 0 {
			t.Errorf("a Notify made %v", events)
		}
		f.FailNext("change", unix.EINTR)
		if err := p.Delete(uintptr(a)); err != nil {
			t.Error(err)
		}
	})
}

func TestAWaitThatFailsLeavesItsSlice(t *testing.T) {
	overDoubles(t, func(t *testing.T, p *kqueue.Poller, f *kqueue.Faults) {
		f.FailNext("wait", unix.ENOMEM)
		kept := reactor.Event{Key: 3}
		events, err := p.Wait([]reactor.Event{kept}, -1)
		var pe *reactor.PollError
		if !errors.Is(err, unix.ENOMEM) || !errors.As(err, &pe) || pe.Op != "wait" {
			t.Errorf("Wait: %v", err)
		}
		if len(events) != 1 || events[0] != kept {
			t.Errorf("Wait left %v", events)
		}
	})
}

// If the kernel refuses any of the filters, the descriptor is not registered and no filter of it is left.
func TestAnAddThatFailsLeavesNothing(t *testing.T) {
	for _, filter := range []string{"read", "write"} {
		for _, interest := range []reactor.Interest{reactor.Readable, reactor.Writable, both} {
			overDoubles(t, func(t *testing.T, p *kqueue.Poller, f *kqueue.Faults) {
				a, b := socketPair(t)
				unix.Write(b, []byte("x"))
				f.Refuse(func(c kqueue.Change) error {
					if c.Filter == filter && !c.Delete {
						return unix.ENOMEM
					}
					return nil
				})
				err := p.Add(uintptr(a), 7, interest, reactor.Level)
				var pe *reactor.PollError
				if !errors.Is(err, unix.ENOMEM) || !errors.As(err, &pe) || pe.Op != "add" || pe.FD != uintptr(a) {
					t.Fatalf("Add without memory for %s: %v", filter, err)
				}
				f.Refuse(nil)
				silent(t, p)
				if err := p.Delete(uintptr(a)); !errors.Is(err, reactor.ErrNotFound) {
					t.Errorf("Delete: %v, want ErrNotFound", err)
				}
				add(t, p, a, 8, both, reactor.Edge)
				waitFor(t, p, 8, reactor.ReadReady|reactor.WriteReady)
			})
		}
	}
}

func TestAModifyThatFailsChangesNothing(t *testing.T) {
	for _, filter := range []string{"read", "write"} {
		overDoubles(t, func(t *testing.T, p *kqueue.Poller, f *kqueue.Faults) {
			a, b := socketPair(t)
			add(t, p, a, 7, reactor.Readable, reactor.Level)
			refused := false
			f.Refuse(func(c kqueue.Change) error { // once: the changes that undo the others succeed
				if c.Filter == filter && !c.Delete && !refused {
					refused = true
					return unix.ENOMEM
				}
				return nil
			})
			if err := p.Modify(uintptr(a), 8, reactor.Writable, reactor.Edge); !errors.Is(err, unix.ENOMEM) {
				t.Fatalf("Modify: %v", err)
			}
			silent(t, p)
			unix.Write(b, []byte("x"))
			for range 3 { // still Level, and still the old Key
				waitFor(t, p, 7, reactor.ReadReady)
			}
		})
	}
}

// A registration that can neither be changed nor restored reports an error: no filter would report it any more.
func TestARegistrationThatIsLostTells(t *testing.T) {
	for _, mode := range modes {
		overDoubles(t, func(t *testing.T, p *kqueue.Poller, f *kqueue.Faults) {
			a, _ := socketPair(t)
			add(t, p, a, 7, reactor.Readable, mode)
			f.Refuse(func(c kqueue.Change) error {
				if !c.Delete {
					return unix.ENOMEM
				}
				return nil
			})
			other := reactor.Edge
			if mode == reactor.Edge {
				other = reactor.Level
			}
			if err := p.Modify(uintptr(a), 8, reactor.Readable, other); !errors.Is(err, unix.ENOMEM) {
				t.Fatalf("Modify: %v", err)
			}
			waitFor(t, p, 7, reactor.ErrorReady)
			f.Refuse(nil)
			if err := p.Modify(uintptr(a), 9, reactor.Writable, mode); err != nil {
				t.Fatal(err)
			}
			waitFor(t, p, 9, reactor.WriteReady)
		})
	}
}

// Some kernels refuse to add a pipe without readers, with EPIPE. To the contract that is a condition that holds already.
func TestAnEndThatIsGoneWhenAddedIsReported(t *testing.T) {
	for _, mode := range modes {
		overDoubles(t, func(t *testing.T, p *kqueue.Poller, f *kqueue.Faults) {
			f.Refuse(func(c kqueue.Change) error {
				if c.Filter == "write" && !c.Delete {
					return unix.EPIPE
				}
				return nil
			})
			_, wr := pipe(t)
			done := make(chan []reactor.Event)
			go func() {
				events, _ := p.Wait(nil, testTimeout)
				done <- events
			}()
			add(t, p, wr, 7, reactor.Writable, mode)
			want := reactor.WriteReady | reactor.WriteClosed
			if events := <-done; len(events) != 1 || events[0] != (reactor.Event{Key: 7, Ready: want}) {
				t.Fatalf("%v: the Wait in progress returned %v", mode, events)
			}
			if mode == reactor.Level {
				waitFor(t, p, 7, want)
			} else {
				silent(t, p)
			}
			if err := p.Modify(uintptr(wr), 8, 0, mode); err != nil {
				t.Fatal(err)
			}
			waitFor(t, p, 8, reactor.WriteClosed)
			if err := p.Delete(uintptr(wr)); err != nil {
				t.Fatal(err)
			}
			silent(t, p)
		})
	}
}

// A file that lacks a filter which the Interest does not need can be watched.
func TestAMissingFilterMattersIfItWasAskedFor(t *testing.T) {
	overDoubles(t, func(t *testing.T, p *kqueue.Poller, f *kqueue.Faults) {
		a, b := socketPair(t)
		f.Refuse(func(c kqueue.Change) error {
			if c.Filter != "read" && !c.Delete {
				return unix.EINVAL
			}
			return nil
		})
		if err := p.Add(uintptr(a), 7, both, reactor.Edge); !errors.Is(err, unix.EINVAL) {
			t.Errorf("Add for writing: %v", err)
		}
		add(t, p, a, 7, reactor.Readable|reactor.Priority, reactor.Edge)
		unix.Write(b, []byte("x"))
		waitFor(t, p, 7, reactor.ReadReady)
		if err := p.Modify(uintptr(a), 8, reactor.Writable, reactor.Edge); !errors.Is(err, unix.EINVAL) {
			t.Errorf("Modify for writing: %v", err)
		}
		unix.Write(b, []byte("x"))
		waitFor(t, p, 7, reactor.ReadReady)
		if err := p.Delete(uintptr(a)); err != nil {
			t.Error(err)
		}
		f.Refuse(func(kqueue.Change) error { return unix.EINVAL })
		if err := p.Add(uintptr(a), 7, 0, reactor.Edge); !errors.Is(err, unix.EINVAL) {
			t.Errorf("Add of what has no filter at all: %v", err)
		}
	})
}

// Regression: a descriptor that was closed too early could neither be deleted nor added again.
func TestADescriptorClosedTooEarlyIsForgotten(t *testing.T) {
	overDoubles(t, func(t *testing.T, p *kqueue.Poller, f *kqueue.Faults) {
		var fds [2]int
		if err := unix.Pipe2(fds[:], unix.O_NONBLOCK|unix.O_CLOEXEC); err != nil {
			t.Fatal(err)
		}
		defer unix.Close(fds[1])
		add(t, p, fds[0], 7, reactor.Readable, reactor.Edge)
		unix.Close(fds[0])
		if err := p.Delete(uintptr(fds[0])); !errors.Is(err, unix.EBADF) {
			t.Errorf("Delete: %v, want EBADF", err)
		}
		if err := p.Delete(uintptr(fds[0])); !errors.Is(err, reactor.ErrNotFound) {
			t.Errorf("second Delete: %v, want ErrNotFound", err)
		}
	})
}

func TestADeleteThatFailsLeavesTheRegistration(t *testing.T) {
	overDoubles(t, func(t *testing.T, p *kqueue.Poller, f *kqueue.Faults) {
		a, _ := socketPair(t)
		add(t, p, a, 7, reactor.Readable, reactor.Edge)
		f.FailNext("change", unix.ENOMEM)
		if err := p.Delete(uintptr(a)); !errors.Is(err, unix.ENOMEM) {
			t.Fatalf("Delete: %v", err)
		}
		if err := p.Add(uintptr(a), 7, 0, reactor.Edge); !errors.Is(err, reactor.ErrExists) {
			t.Fatalf("Add: %v, want ErrExists", err)
		}
		if err := p.Delete(uintptr(a)); err != nil {
			t.Fatal(err)
		}
	})
}

func TestANotifyThatFailsIsNotCoalescedInto(t *testing.T) {
	for _, flavour := range []string{"freebsd", "darwin"} {
		p, f, err := kqueue.NewOverDouble(flavour)
		if err != nil {
			t.Fatal(err)
		}
		f.FailNext("change", unix.ENOMEM)
		err = p.Notify()
		var pe *reactor.PollError
		if !errors.Is(err, unix.ENOMEM) || !errors.As(err, &pe) || pe.Op != "notify" {
			t.Errorf("Notify: %v", err)
		}
		if err := p.Notify(); err != nil {
			t.Error(err)
		}
		if events := wait(t, p, -1); len(events) != 0 {
			t.Errorf("events %v", events)
		}
		f.FailNext("close", unix.EIO)
		if err := p.Close(); !errors.Is(err, unix.EIO) {
			t.Errorf("Close: %v", err)
		}
		if f.Queues() != 0 {
			t.Error("a queue is left")
		}
	}
}

// If a Wait did not empty the pipe, the next Wait would spin on its event without returning.
func TestANotifyLeavesNothingBehind(t *testing.T) {
	overDoubles(t, func(t *testing.T, p *kqueue.Poller, f *kqueue.Faults) {
		for range 3 {
			if err := p.Notify(); err != nil {
				t.Fatal(err)
			}
			wait(t, p, -1)
		}
		before := len(f.Waits())
		silent(t, p)
		if n := len(f.Waits()) - before; n > 5 {
			t.Errorf("%d system calls in a Wait of %v", n, pause)
		}
	})
}
