//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package kqueue_test

import (
	"bytes"
	"errors"
	"math"
	"runtime"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/reactor"
	"github.com/moduvex/moduvex-go/reactor/kqueue"
	"github.com/moduvex/moduvex-go/reactor/reactortest"
	"golang.org/x/sys/unix"
)

func TestConformance(t *testing.T) {
	reactortest.TestPoller(t, func() (reactor.Poller, error) { return kqueue.New() })
}

func newPoller(t testing.TB) *kqueue.Poller {
	t.Helper()
	p, err := kqueue.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

// Regression: descriptors were not close-on-exec.
func TestDescriptorsAreCloseOnExec(t *testing.T) {
	for _, fd := range newPoller(t).FDs() {
		flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
		if err != nil || flags&unix.FD_CLOEXEC == 0 {
			t.Errorf("fd %d: flags %#x, %v", fd, flags, err)
		}
	}
}

// Regression: descriptors leaked on error paths.
func TestAFailedNewLeavesNoDescriptor(t *testing.T) {
	need := len(newPoller(t).FDs())
	var old unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &old); err != nil {
		t.Fatal(err)
	}
	next := nextFD(t)
	for room := range need {
		limit := old
		limit.Cur = uintToCur(limit.Cur, next+room)
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
			t.Fatal(err)
		}
		p, err := kqueue.New()
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &old); err != nil {
			t.Fatal(err)
		}
		if p != nil || !errors.Is(err, unix.EMFILE) {
			t.Errorf("room for %d: New returned a Poller: %v, error %v; want EMFILE", room, p != nil, err)
		}
		if n := nextFD(t); n != next {
			t.Errorf("room for %d: the next descriptor was %d, and is %d", room, next, n)
		}
	}
}

// uintToCur converts n to the type of a limit, which differs between these systems.
func uintToCur[T int64 | uint64](_ T, n int) T { return T(n) }

// nextFD returns the lowest free number.
func nextFD(t *testing.T) int {
	t.Helper()
	fd, err := unix.Dup(0)
	if err != nil {
		t.Fatal(err)
	}
	unix.Close(fd)
	return fd
}

func TestDescriptorsThatCannotBeAreRefused(t *testing.T) {
	p := newPoller(t)
	rd, _ := pipe(t)
	fds := []uintptr{reactor.NoFD, math.MaxInt32, uintptr(nextFD(t))}
	if wide := uint64(1)<<32 + uint64(rd); uint64(uintptr(wide)) == wide {
		fds = append(fds, uintptr(wide)) // its lower half is an open descriptor
	}
	for _, fd := range fds {
		if err := p.Add(fd, 1, reactor.Readable, reactor.Level); !errors.Is(err, unix.EBADF) {
			t.Errorf("Add of fd %d: %v, want EBADF", fd, err)
		}
	}
}

// Regression: a descriptor that was closed too early could neither be deleted nor added again.
func TestADescriptorClosedTooEarlyIsForgotten(t *testing.T) {
	p := newPoller(t)
	var fds [2]int
	if err := unix.Pipe(fds[:]); err != nil {
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
}

// Regression: a Delete could block, and dropped events.
func TestADeleteNeitherBlocksNorTakesEvents(t *testing.T) {
	p := newPoller(t)
	const n = 10
	var fds [n]int
	for i := range fds {
		rd, wr := pipe(t)
		fds[i] = rd
		add(t, p, rd, reactor.Key(i), reactor.Readable, reactor.Edge)
		unix.Write(wr, []byte("x"))
	}
	idle, _ := pipe(t)
	add(t, p, idle, 100, reactor.Readable, reactor.Edge)
	done := make(chan error, 2)
	go func() {
		done <- p.Delete(uintptr(idle))
		done <- p.Delete(uintptr(fds[0]))
	}()
	for range cap(done) {
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(testTimeout):
			t.Fatal("Delete does not return")
		}
	}
	seen := make(map[reactor.Key]bool)
	for start := time.Now(); len(seen) < n-1; {
		for _, ev := range wait(t, p, testTimeout) {
			seen[ev.Key] = true
		}
		if time.Since(start) > testTimeout {
			t.Fatalf("only %v were reported", seen)
		}
	}
	if seen[0] || seen[100] {
		t.Error("a descriptor was reported after Delete")
	}
}

// Regression: error and hang-up events were dropped. Here those of a pipe, with each Interest, before the Add and after
// it.
func TestThePipesOtherEndIsGone(t *testing.T) {
	for _, mode := range modes {
		for _, before := range []bool{true, false} {
			for _, interest := range []reactor.Interest{0, reactor.Readable, reactor.Writable} {
				p := newPoller(t)
				rd, wr := rawPipe(t)
				if before {
					unix.Close(rd)
				}
				add(t, p, wr, 7, interest, mode)
				if !before {
					if interest == reactor.Writable {
						wait(t, p, testTimeout)
					}
					unix.Close(rd)
					if mode == reactor.OneShot {
						if err := p.Modify(uintptr(wr), 7, interest, mode); err != nil {
							t.Fatal(err)
						}
					}
				}
				events := wait(t, p, testTimeout)
				if len(events) != 1 || events[0].Ready&(reactor.WriteClosed|reactor.ErrorReady) == 0 {
					t.Errorf("%v for %v, before %v: %v", mode, interest, before, events)
				}
				if err := p.Delete(uintptr(wr)); err != nil {
					t.Error(err)
				}
				unix.Close(wr)
			}
		}
	}
}

// rawPipe returns the ends of a pipe, which the test closes itself.
func rawPipe(t *testing.T) (rd, wr int) {
	t.Helper()
	var fds [2]int
	if err := unix.Pipe(fds[:]); err != nil {
		t.Fatal(err)
	}
	return fds[0], fds[1]
}

// The writing end of a socket closes by its own shutdown. If a one-shot reader got that report, it would get it again
// after each Modify.
func TestOnesOwnShutdownIsNoNewsToAReader(t *testing.T) {
	for _, mode := range modes {
		p := newPoller(t)
		a, b := socketPair(t)
		add(t, p, a, 7, reactor.Readable, mode)
		unix.Shutdown(a, unix.SHUT_WR)
		silent(t, p)
		unix.Write(b, []byte("x"))
		waitFor(t, p, 7, reactor.ReadReady)
	}
}

func TestBothDirectionsComeInOneEvent(t *testing.T) {
	for _, mode := range modes {
		p := newPoller(t)
		a, b := socketPair(t)
		unix.Write(b, []byte("x"))
		add(t, p, a, 7, reactor.Readable|reactor.Writable, mode)
		waitFor(t, p, 7, reactor.ReadReady|reactor.WriteReady)
	}
}

// A guard must not make a Wait spin: the guarded descriptor has room to write, and many bytes arrive.
func TestAGuardIsQuiet(t *testing.T) {
	for _, mode := range modes {
		p := newPoller(t)
		a, b := socketPair(t)
		add(t, p, a, 7, 0, mode)
		done := make(chan struct{})
		go func() {
			defer close(done)
			for range 50 {
				unix.Write(b, make([]byte, 100))
				time.Sleep(pause / 50)
			}
		}()
		silent(t, p)
		<-done
	}
}

// If the scheduler did not know that a Wait blocks, the collector and the other goroutines of that processor would have
// to wait for it.
func TestABlockedWaitIsKnownToTheScheduler(t *testing.T) {
	p := newPoller(t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.Wait(nil, -1)
	}()
	stacks := make([]byte, 1<<20)
	for deadline := time.Now().Add(testTimeout); ; time.Sleep(time.Millisecond) {
		known := false
		for _, g := range bytes.Split(stacks[:runtime.Stack(stacks, true)], []byte("\n\n")) {
			known = known || bytes.Contains(g, []byte("[syscall")) && bytes.Contains(g, []byte("kqueue.(*Poller).Wait"))
		}
		if known {
			break
		}
		if time.Now().After(deadline) {
			t.Error("the waiting goroutine is never seen in a system call")
			break
		}
	}
	p.Close()
	<-done
}

// A notifier or a guard that is always active would end no Wait, but make it spin.
func TestAWaitThatSleepsTakesNoTime(t *testing.T) {
	p := newPoller(t)
	a, _ := socketPair(t)
	add(t, p, a, 7, 0, reactor.Level)
	if err := p.Notify(); err != nil {
		t.Fatal(err)
	}
	wait(t, p, testTimeout)
	const long = 300 * time.Millisecond
	before := processTime(t)
	if events := wait(t, p, long); len(events) != 0 {
		t.Fatalf("events %v", events)
	}
	if took := processTime(t) - before; took > long/4 {
		t.Errorf("%v of processor time in a Wait of %v", took, long)
	}
}

func processTime(t *testing.T) time.Duration {
	t.Helper()
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
