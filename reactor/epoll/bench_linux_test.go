package epoll_test

import (
	"runtime"
	"testing"
	"time"
	"unsafe"

	"github.com/moduvex/moduvex-go/reactor"
	"github.com/moduvex/moduvex-go/reactor/epoll"
	"golang.org/x/sys/unix"
)

func BenchmarkWaitZeroIdle(b *testing.B) {
	p := newPoller(b)
	for b.Loop() {
		p.Wait(nil, 0)
	}
}

// BenchmarkBareEpollWaitZero measures the system call alone, with and without the scheduler's bookkeeping.
func BenchmarkBareEpollWaitZero(b *testing.B) {
	ep := uintptr(newPoller(b).FDs()[0])
	buf := make([]unix.EpollEvent, 128)
	at := uintptr(unsafe.Pointer(&buf[0]))
	b.Run("raw", func(b *testing.B) {
		for b.Loop() {
			unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, ep, at, 128, 0, 0, 0)
		}
	})
	b.Run("scheduled", func(b *testing.B) {
		for b.Loop() {
			unix.Syscall6(unix.SYS_EPOLL_PWAIT, ep, at, 128, 0, 0, 0)
		}
	})
	runtime.KeepAlive(buf)
}

func BenchmarkWaitZeroReady(b *testing.B) {
	p := newPoller(b)
	_, wr := pipe(b)
	p.Add(uintptr(wr), 1, reactor.Writable, reactor.Level)
	events := make([]reactor.Event, 0, 4)
	b.ReportAllocs()
	for b.Loop() {
		events, _ = p.Wait(events[:0], 0)
	}
}

func BenchmarkNotifyCoalesced(b *testing.B) {
	p := newPoller(b)
	for b.Loop() {
		p.Notify()
	}
}

// BenchmarkNotifyAndWait measures a Notify that writes and the Wait that returns for it, in one goroutine.
func BenchmarkNotifyAndWait(b *testing.B) {
	for _, c := range []struct {
		name    string
		timeout time.Duration
	}{{"blocking", -1}, {"zero", 0}} {
		b.Run(c.name, func(b *testing.B) {
			p := newPoller(b)
			b.ReportAllocs()
			for b.Loop() {
				p.Notify()
				p.Wait(nil, c.timeout)
			}
		})
	}
}

// BenchmarkWaitTimeout measures how late a timeout of 100 us is, without its 100 us.
func BenchmarkWaitTimeout(b *testing.B) {
	for _, c := range []struct {
		name string
		new  func() (*epoll.Poller, error)
	}{{"ns", epoll.New}, {"ms", epoll.NewMillis}} {
		b.Run(c.name, func(b *testing.B) {
			p, err := c.new()
			if err != nil {
				b.Fatal(err)
			}
			defer p.Close()
			for b.Loop() {
				p.Wait(nil, 100*time.Microsecond)
			}
		})
	}
}

func BenchmarkAddDelete(b *testing.B) {
	p := newPoller(b)
	rd, _ := pipe(b)
	b.ReportAllocs()
	for b.Loop() {
		p.Add(uintptr(rd), 1, reactor.Readable, reactor.Edge)
		p.Delete(uintptr(rd))
	}
}

// BenchmarkReactor measures one byte through a pipe: write, Wait, read until would-block, clear.
func BenchmarkReactor(b *testing.B) {
	r := reactor.New(newPoller(b))
	rd, wr := pipe(b)
	g, err := r.Register(uintptr(rd), reactor.Readable)
	if err != nil {
		b.Fatal(err)
	}
	defer g.Deregister()
	var wakers []reactor.Waker
	w := new(noWaker)
	buf := make([]byte, 8)
	b.ReportAllocs()
	for b.Loop() {
		g.PollReady(w, reactor.Read)
		unix.Write(wr, buf[:1])
		wakers, _ = r.Wait(-1, wakers[:0])
		ev, _ := g.PollReady(w, reactor.Read)
		unix.Read(rd, buf)
		if _, err := unix.Read(rd, buf); err == unix.EAGAIN {
			g.ClearReady(ev, reactor.Read)
		}
	}
}

type noWaker struct{ _ int }

func (*noWaker) Wake() {}
