//go:build unix

package reactortest

import (
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/reactor"
)

func testPriority(t *testing.T, s *suite) {
	r := s.rig(t)
	a, b := r.pair()
	r.add(a.FD(), 7, reactor.Priority, reactor.Edge)
	r.write(b, "x")
	r.silent(7, reactor.PriorityReady, someSpurious)
	sendUrgent(t, b, '!')
	if !r.reportsWithin(7, reactor.PriorityReady, time.Second) {
		t.Skip("this Poller does not report Priority")
	}
	buf := make([]byte, 8)
	n, _, err := syscall.Recvfrom(int(a.FD()), buf, syscall.MSG_OOB)
	if n != 1 || err != nil || buf[0] != '!' {
		t.Fatalf("urgent data: %q, %v", buf[:max(n, 0)], err)
	}
}

// Why ClearReady after a short read asks for Priority: bytes behind the mark are no new edge.
func testShortReadAtUrgentData(t *testing.T, s *suite) {
	r := s.rig(t)
	a, b := r.pair()
	r.write(b, "abc")
	sendUrgent(t, b, '!')
	r.write(b, "def")
	r.add(a.FD(), 7, reactor.Readable|reactor.Priority, reactor.Edge)
	got := r.until(7, reactor.ReadReady)
	if got&reactor.PriorityReady == 0 && !r.reportsWithin(7, reactor.PriorityReady, time.Second) {
		t.Skip("this Poller does not report Priority")
	}
	read := ""
	for deadline := time.Now().Add(patience); len(read) < 6; {
		buf := make([]byte, 64)
		if n, err := a.Read(buf); err == nil {
			t.Logf("read %q", buf[:n])
			read += string(buf[:n])
		}
		if time.Now().After(deadline) {
			t.Fatalf("read %q", read)
		}
	}
	if read != "abcdef" {
		t.Fatalf("read %q", read)
	}
}

// sendUrgent sends one byte of urgent data.
func sendUrgent(t testing.TB, s Stream, b byte) {
	t.Helper()
	if err := syscall.Sendto(int(s.FD()), []byte{b}, syscall.MSG_OOB, nil); err != nil {
		t.Skipf("no urgent data: %v", err)
	}
}

// pipe returns the non-blocking ends of a pipe.
func pipe(t testing.TB) (rd, wr *os.File) {
	t.Helper()
	rd, wr, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { rd.Close(); wr.Close() })
	return rd, wr
}

func testPipeWriterGone(t *testing.T, s *suite) {
	for _, mode := range allModes {
		r := s.rig(t)
		rd, wr := pipe(t)
		fd := fdOf(t, rd)
		r.add(fd, 7, reactor.Readable, mode)
		r.silent(7, everything, someSpurious)
		wr.Close()
		if got := r.until(7, reactor.ReadClosed); !got.Allows(reactor.Read) {
			t.Errorf("%v: %v does not allow a read", mode, got)
		}
		r.delete(fd)
	}
}

func testPipeReaderGone(t *testing.T, s *suite) {
	for _, mode := range allModes {
		r := s.rig(t)
		rd, wr := pipe(t)
		fd := fdOf(t, wr)
		r.add(fd, 7, 0, mode)
		r.silent(7, everything, someSpurious)
		rd.Close()
		r.untilAllows(7, reactor.Write)
		r.delete(fd)
	}
}

// A registration is closed the right way and its number goes to another file at once, while an event of
// the old one is still on its way: it must not reach the new one.
func testReuse(t *testing.T, s *suite) {
	p := s.rig(t).p
	late := &latePoller{Poller: p}
	re := reactor.New(late)
	reused := 0
	for range 50 {
		rd, wr, err := rawPipe()
		if err != nil {
			t.Fatal(err)
		}
		old, err := re.Register(uintptr(rd), reactor.Readable)
		if err != nil {
			t.Fatal(err)
		}
		syscall.Write(wr, []byte("x"))
		late.hold = func() { // the event has left the system and is not dispatched yet
			if err := old.CloseWith(func(fd uintptr) error { return syscall.Close(int(fd)) }); err != nil {
				t.Fatal(err)
			}
		}
		for late.hold != nil {
			if _, err := re.Turn(0, nil); err != nil {
				t.Fatal(err)
			}
		}
		syscall.Close(wr)
		rd2, wr2, err := rawPipe()
		if err != nil {
			t.Fatal(err)
		}
		if rd2 == rd {
			reused++
		}
		g, err := re.Register(uintptr(rd2), reactor.Readable)
		if err != nil {
			t.Fatal(err)
		}
		late.replay = true
		w := newBell()
		if ev, ok := g.PollReady(w, reactor.Read); ok {
			t.Fatalf("a new registration is ready: %v", ev.Ready)
		}
		wakers, err := re.Turn(0, nil)
		if err != nil {
			t.Fatal(err)
		}
		if ev, ok := g.Ready(reactor.Read); ok || len(wakers) != 0 {
			t.Fatalf("a stale event: %v, %d wakers", ev.Ready, len(wakers))
		}
		if err := g.CloseWith(func(fd uintptr) error { return syscall.Close(int(fd)) }); err != nil {
			t.Fatal(err)
		}
		syscall.Close(wr2)
	}
	if reused == 0 {
		t.Skip("no descriptor number was reused")
	}
}

// latePoller calls hold between a Wait that got events and its return, and can return them once more in
// the next: what a Poller may do whose Wait overlaps a Delete.
type latePoller struct {
	reactor.Poller
	hold   func()
	replay bool
	last   []reactor.Event
}

func (p *latePoller) Wait(events []reactor.Event, timeout time.Duration) ([]reactor.Event, error) {
	if p.replay {
		p.replay = false
		events = append(events, p.last...)
	}
	events, err := p.Poller.Wait(events, timeout)
	if p.hold != nil && len(events) != 0 {
		p.last = append(p.last[:0], events...)
		p.hold()
		p.hold = nil
	}
	return events, err
}

func rawPipe() (rd, wr int, err error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	var fds [2]int
	if err := syscall.Pipe(fds[:]); err != nil {
		return -1, -1, err
	}
	for _, fd := range fds {
		syscall.CloseOnExec(fd)
		if err := syscall.SetNonblock(fd, true); err != nil {
			return -1, -1, err
		}
	}
	return fds[0], fds[1], nil
}
