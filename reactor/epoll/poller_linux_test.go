package epoll_test

import (
	"bytes"
	"errors"
	"math"
	"os"
	"runtime"
	"testing"
	"time"
	"unsafe"

	"github.com/moduvex/moduvex-go/reactor"
	"github.com/moduvex/moduvex-go/reactor/epoll"
	"golang.org/x/sys/unix"
)

func TestTheKernelHereHasNanoseconds(t *testing.T) {
	if p := newPoller(t); !p.Nanoseconds() {
		t.Skip("no epoll_pwait2: only the fallback is tested")
	}
}

func TestMillisecondsAreRoundedUp(t *testing.T) {
	for _, c := range []struct {
		d    time.Duration
		want int
	}{
		{-1, -1},
		{math.MinInt64, -1},
		{1, 1},
		{time.Millisecond - 1, 1},
		{time.Millisecond, 1},
		{time.Millisecond + 1, 2},
		{time.Second, 1000},
		{math.MaxInt32 * time.Millisecond, math.MaxInt32},
		{math.MaxInt32*time.Millisecond + 1, math.MaxInt32},
		{math.MaxInt64, math.MaxInt32},
	} {
		if got := epoll.Millis(c.d); got != c.want {
			t.Errorf("%d ns: %d ms, want %d", c.d, got, c.want)
		}
	}
}

func TestNotifyWorksWithAFullCounter(t *testing.T) {
	p := newPoller(t)
	for range 3 {
		if err := p.FillNotifier(); err != nil {
			t.Fatal(err)
		}
		p.Wait(nil, 0) // takes the edge of FillNotifier
		if err := p.Notify(); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if _, err := p.Wait(nil, 10*time.Second); err != nil || time.Since(start) >= 10*time.Second {
			t.Fatalf("the Notify was lost: %v", err)
		}
	}
	if err := p.FillNotifier(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() {
		for {
			if _, err := p.Wait(nil, -1); err != nil {
				done <- err
				return
			}
		}
	}()
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; !errors.Is(err, reactor.ErrClosed) {
		t.Fatal(err)
	}
}

func TestDescriptorsAreCloseOnExec(t *testing.T) {
	for _, fd := range newPoller(t).FDs() {
		flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
		if err != nil || flags&unix.FD_CLOEXEC == 0 {
			t.Errorf("fd %d: flags %#x, %v", fd, flags, err)
		}
	}
}

// New needs two descriptors. If it gets one only, or none, it must leave none open.
func TestAFailedNewLeavesNoDescriptor(t *testing.T) {
	var old unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &old); err != nil {
		t.Fatal(err)
	}
	next, err := unix.Dup(0) // the lowest free number
	if err != nil {
		t.Fatal(err)
	}
	unix.Close(next)
	open := openFDs(t)
	for room := range 2 {
		limit := old
		limit.Cur = uint64(next + room)
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
			t.Fatal(err)
		}
		p, err := epoll.New()
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &old); err != nil {
			t.Fatal(err)
		}
		if p != nil || !errors.Is(err, unix.EMFILE) {
			t.Errorf("room for %d: New returned %v, %v; want EMFILE", room, p, err)
		}
		if n := openFDs(t); n != open {
			t.Errorf("room for %d: %d descriptors before, %d after", room, open, n)
		}
	}
}

func openFDs(t *testing.T) int {
	t.Helper()
	dir, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(dir)
}

func TestDescriptorsThatCannotBeAreRefused(t *testing.T) {
	p := newPoller(t)
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
	file, err := os.Open("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := p.Add(file.Fd(), 1, reactor.Readable, reactor.Level); !errors.Is(err, unix.EPERM) {
		t.Errorf("Add of a regular file: %v, want EPERM", err)
	}
}

func TestASocketNotYetConnectingIsHungUp(t *testing.T) {
	p := newPoller(t)
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := p.Add(uintptr(fd), 1, 0, reactor.Edge); err != nil {
		t.Fatal(err)
	}
	events, err := p.Wait(nil, 0)
	if err != nil || len(events) != 1 || events[0].Ready&reactor.WriteClosed == 0 {
		t.Errorf("events %v, %v", events, err)
	}
}

func TestTheBufferGrowsWithTheLoad(t *testing.T) {
	p := newPoller(t)
	_, wr := pipe(t)
	first := p.Room()
	const n = 300
	for i := range n {
		fd, err := unix.FcntlInt(uintptr(wr), unix.F_DUPFD_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(fd)
		if err := p.Add(uintptr(fd), reactor.Key(i), reactor.Writable, reactor.Level); err != nil {
			t.Fatal(err)
		}
	}
	for range 4 {
		if _, err := p.Wait(nil, 0); err != nil {
			t.Fatal(err)
		}
	}
	if events, err := p.Wait(nil, 0); len(events) != n || err != nil {
		t.Errorf("%d events, %v; want %d", len(events), err, n)
	}
	if room := p.Room(); room <= n || room > reactor.MaxEvents || first >= room {
		t.Errorf("room %d at first, %d now", first, room)
	}
}

// If the scheduler did not know that a Wait blocks, the collector and the other goroutines of that processor would have
// to wait for it.
func TestABlockedWaitIsKnownToTheScheduler(t *testing.T) {
	for name, newPoller := range map[string]func() (*epoll.Poller, error){"ns": epoll.New, "ms": epoll.NewMillis} {
		t.Run(name, func(t *testing.T) {
			p, err := newPoller()
			if err != nil {
				t.Fatal(err)
			}
			done := make(chan struct{})
			go func() {
				defer close(done)
				p.Wait(nil, -1)
			}()
			stacks := make([]byte, 1<<20)
			for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
				known := false
				for _, g := range bytes.Split(stacks[:runtime.Stack(stacks, true)], []byte("\n\n")) {
					known = known || bytes.Contains(g, []byte("[syscall")) && bytes.Contains(g, []byte("epoll.(*Poller).Wait"))
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
		})
	}
}

func TestReasonsAreTranslated(t *testing.T) {
	for _, c := range []struct {
		bits uint32
		want reactor.Readiness
	}{
		{0, 0},
		{unix.EPOLLIN, reactor.ReadReady},
		{unix.EPOLLOUT, reactor.WriteReady},
		{unix.EPOLLPRI, reactor.PriorityReady},
		{unix.EPOLLRDHUP, reactor.ReadClosed},
		{unix.EPOLLHUP, reactor.ReadClosed | reactor.WriteClosed},
		{unix.EPOLLERR, reactor.ErrorReady},
		{unix.EPOLLIN | unix.EPOLLOUT | unix.EPOLLRDHUP, reactor.ReadReady | reactor.WriteReady | reactor.ReadClosed},
	} {
		if got := epoll.FromEpoll(c.bits); got != c.want {
			t.Errorf("%#x: %v, want %v", c.bits, got, c.want)
		}
	}
}

func TestInterestsAreTranslated(t *testing.T) {
	for _, c := range []struct {
		interest reactor.Interest
		mode     reactor.Mode
		want     uint32
	}{
		{0, reactor.Level, 0},
		{reactor.Readable, reactor.Level, unix.EPOLLIN | unix.EPOLLRDHUP},
		{reactor.Writable, reactor.Edge, unix.EPOLLOUT | unix.EPOLLET},
		{reactor.Priority, reactor.OneShot, unix.EPOLLPRI | unix.EPOLLONESHOT},
	} {
		if got := epoll.ToEpoll(c.interest, c.mode); got != c.want {
			t.Errorf("%v, %v: %#x, want %#x", c.interest, c.mode, got, c.want)
		}
	}
}

func TestAHalfCloseIsReadClosed(t *testing.T) {
	p := newPoller(t)
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fds[0])
	defer unix.Close(fds[1])
	if err := p.Add(uintptr(fds[0]), 1, reactor.Readable, reactor.Edge); err != nil {
		t.Fatal(err)
	}
	unix.Shutdown(fds[1], unix.SHUT_WR)
	events, err := p.Wait(nil, -1)
	if want := reactor.ReadReady | reactor.ReadClosed; err != nil || len(events) != 1 || events[0].Ready != want {
		t.Errorf("events %v, %v; want %v", events, err, want)
	}
}

// What is written before a Notify is visible after the Wait that returns for it, also if another Notify made the system
// call. Nothing else may order the two goroutines, or the race detector would find no race: they signal each
// other by bare system calls, which the detector does not see.
func TestACoalescedNotifyPublishesWhatCameBefore(t *testing.T) {
	p := newPoller(t)
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fds[0])
	defer unix.Close(fds[1])
	var b [1]byte
	for i := range 100 {
		if err := p.Notify(); err != nil { // it writes
			t.Fatal(err)
		}
		plain := 0
		go func() {
			one := [1]byte{1}
			plain = i
			p.Notify() // it does not write
			unix.Syscall(unix.SYS_WRITE, uintptr(fds[1]), uintptr(unsafe.Pointer(&one[0])), 1)
		}()
		for {
			n, _, errno := unix.Syscall(unix.SYS_READ, uintptr(fds[0]), uintptr(unsafe.Pointer(&b[0])), 1)
			if errno == 0 && n == 1 {
				break
			}
		}
		if _, err := p.Wait(nil, -1); err != nil {
			t.Fatal(err)
		}
		if plain != i {
			t.Fatalf("round %d: %d is visible", i, plain)
		}
	}
}
