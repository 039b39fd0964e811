package epoll_test

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/reactor"
	"github.com/moduvex/moduvex-go/reactor/epoll"
	"golang.org/x/sys/unix"
)

// A wait that the system refuses returns the error, with any timeout and by either system call.
func TestAWaitThatFailsReturnsTheErrorAndLeavesItsSlice(t *testing.T) {
	for name, newPoller := range map[string]func() (*epoll.Poller, error){"ns": epoll.New, "ms": epoll.NewMillis} {
		for _, timeout := range []time.Duration{-1, 0, 1, time.Hour, math.MaxInt64} {
			p, err := newPoller()
			if err != nil {
				t.Fatal(err)
			}
			putBack := p.LoseEpoll()
			kept := reactor.Event{Key: 3}
			events, err := p.Wait([]reactor.Event{kept}, timeout)
			var pe *reactor.PollError
			if !errors.Is(err, unix.EBADF) || !errors.As(err, &pe) || pe.Op != "wait" || pe.FD != reactor.NoFD {
				t.Errorf("%s, %v: Wait returned %v", name, timeout, err)
			}
			if len(events) != 1 || events[0] != kept {
				t.Errorf("%s, %v: Wait left %v", name, timeout, events)
			}
			putBack()
			if err := p.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestTimeoutsAreGivenToTheKernelInFull(t *testing.T) {
	for d, want := range map[time.Duration][2]int64{
		1:                        {0, 1},
		time.Second - 1:          {0, 999_999_999},
		time.Second:              {1, 0},
		90*time.Second + 5:       {90, 5},
		time.Duration(1<<63 - 1): {9_223_372_036, 854_775_807},
		1500 * time.Microsecond:  {0, 1_500_000},
	} {
		if sec, nsec := epoll.TimespecOf(d); sec != want[0] || nsec != want[1] {
			t.Errorf("%v: %d s and %d ns, want %v", d, sec, nsec, want)
		}
	}
}

// A kernel without epoll_pwait2, or a sandbox that refuses it, is no error of New; any other result is.
func TestAKernelWithoutNanosecondsIsNoError(t *testing.T) {
	for errno, want := range map[unix.Errno]bool{0: false, unix.ENOSYS: true, unix.EPERM: true} {
		if missing, err := epoll.IsMissing(errno); missing != want || err != nil {
			t.Errorf("%v: missing: %v, %v; want %v", errno, missing, err, want)
		}
	}
	if _, err := epoll.IsMissing(unix.EBADF); !errors.Is(err, unix.EBADF) {
		t.Errorf("EBADF: %v", err)
	}
}

// The buffer does not grow beyond MaxEvents, also if more descriptors are ready.
func TestAFullBufferOfTheLargestSizeIsKept(t *testing.T) {
	p := newPoller(t)
	_, wr := pipe(t)
	for i := range reactor.MaxEvents {
		fd, err := unix.FcntlInt(uintptr(wr), unix.F_DUPFD_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(fd)
		if err := p.Add(uintptr(fd), reactor.Key(i), reactor.Writable, reactor.Level); err != nil {
			t.Fatal(err)
		}
	}
	events := make([]reactor.Event, 0, reactor.MaxEvents)
	wait := func() {
		if _, err := p.Wait(events, 0); err != nil {
			t.Error(err)
		}
	}
	for range 5 {
		wait()
	}
	if p.Room() != reactor.MaxEvents {
		t.Fatalf("room for %d", p.Room())
	}
	if n := testing.AllocsPerRun(5, wait); n != 0 {
		t.Errorf("%v allocations a Wait", n)
	}
}
