//go:build unix

package tcp_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
	"github.com/moduvex/moduvex-go/reactor"
	"golang.org/x/sys/unix"
)

// rawSocket is what a Stream and a Listener have.
type rawSocket interface {
	syscall.Conn
	RawConn(co *coro.Co) tcp.RawConn
	RawConnWith(func() tcp.Waiter) tcp.RawConn
	PollRawRead(cx *core.Context, f func(fd uintptr) bool) (bool, error)
	HasWaiters(reactor.Direction) bool
	WakeWaiters(reactor.Direction) int
}

// rawStyles call f by a RawConn of s, or in poll style, and return how it ends.
var rawStyles = map[string]func(rt *executor.Runtime, s rawSocket, f func(fd uintptr) bool) (wait func(testing.TB) error){
	"goroutine": func(rt *executor.Runtime, s rawSocket, f func(fd uintptr) bool) func(testing.TB) error {
		raw, err := s.SyscallConn()
		if err != nil {
			return func(testing.TB) error { return err }
		}
		return inGoroutine(func() error { return raw.Read(f) })
	},
	"parker": func(rt *executor.Runtime, s rawSocket, f func(fd uintptr) bool) func(testing.TB) error {
		raw := s.RawConnWith(func() tcp.Waiter { return rt.Parker(rt.Workers() - 1) })
		return inGoroutine(func() error { return raw.Read(f) })
	},
	"direct": func(rt *executor.Runtime, s rawSocket, f func(fd uintptr) bool) func(testing.TB) error {
		h := executor.Do(rt, func(co *coro.Co) error { return s.RawConn(co).Read(f) })
		return func(tb testing.TB) error { return nettest.Finish(tb, h) }
	},
	"poll": func(rt *executor.Runtime, s rawSocket, f func(fd uintptr) bool) func(testing.TB) error {
		h := executor.Do(rt, func(co *coro.Co) error {
			err, cancelled := coro.Await[error](co, &rawRead{s: s, f: f})
			if cancelled != nil {
				return cancelled
			}
			return err
		})
		return func(tb testing.TB) error { return nettest.Finish(tb, h) }
	},
}

// inGoroutine runs f on a goroutine.
func inGoroutine(f func() error) (wait func(testing.TB) error) {
	ended := make(chan error, 1)
	go func() { ended <- f() }()
	return func(tb testing.TB) error {
		tb.Helper()
		select {
		case err := <-ended:
			return err
		case <-time.After(nettest.Timeout):
			panic("the goroutine hangs")
		}
	}
}

// rawRead is PollRawRead as a future.
type rawRead struct {
	s     rawSocket
	f     func(fd uintptr) bool
	waker core.Waker
}

func (r *rawRead) Poll(cx *core.Context) (error, bool) {
	r.waker = cx.Waker()
	ready, err := r.s.PollRawRead(cx, r.f)
	return err, ready
}

func (r *rawRead) Drop() {
	switch s := r.s.(type) {
	case *tcp.Stream:
		s.Unwait(r.waker, reactor.Read)
	case *tcp.Listener:
		s.Unwait(r.waker)
	}
}

// awaitWaiters waits until n operations wait to read.
func awaitWaiters(tb testing.TB, s rawSocket, n int) {
	tb.Helper()
	wait := func() bool {
		if n == 1 {
			return s.HasWaiters(reactor.Read)
		}
		return s.WakeWaiters(reactor.Read) >= n
	}
	for end := time.Now().Add(nettest.Timeout); !wait(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			tb.Fatalf("fewer than %d wait", n)
		}
	}
}

// noneWaits fails the test if an operation is left that waits to read.
func noneWaits(tb testing.TB, s rawSocket) {
	tb.Helper()
	if s.HasWaiters(reactor.Read) {
		tb.Error("a waiter is left")
	}
}

// Regression: Read and Write of a RawConn called their function once, and returned EAGAIN.
func TestRawReadRepeatsUntilItIsDone(t *testing.T) {
	for style, begin := range rawStyles {
		t.Run(style, func(t *testing.T) {
			rt := nettest.NewRuntime(t)
			s, c := connect(t, rt)
			var calls, got atomic.Int32
			buf := make([]byte, 8)
			wait := begin(rt, s, func(fd uintptr) bool {
				calls.Add(1)
				for {
					n, _, _, _, err := unix.Recvmsg(int(fd), buf[got.Load():], nil, unix.MSG_DONTWAIT)
					if err != nil {
						return err != unix.EAGAIN
					}
					if got.Add(int32(n)) == int32(len(buf)) {
						return true
					}
				}
			})
			awaitWaiters(t, s, 1)
			for _, part := range []string{"ab", "cd", "efgh"} {
				before := calls.Load()
				c.Write([]byte(part))
				for end := time.Now().Add(nettest.Timeout); calls.Load() == before; time.Sleep(time.Millisecond) {
					if time.Now().After(end) {
						t.Fatal("bytes do not wake it")
					}
				}
				if part != "efgh" {
					awaitWaiters(t, s, 1)
				}
			}
			if err := wait(t); err != nil || string(buf) != "abcdefgh" {
				t.Errorf("read %q, %v", buf, err)
			}
			if n := calls.Load(); n > 8 { // a call and a further one for each part, and one for the poll that registers
				t.Errorf("%d calls", n)
			}
			noneWaits(t, s)
		})
	}
}

func TestRawEndsWithTheSocket(t *testing.T) {
	block := func(uintptr) bool { return false }
	for style, begin := range rawStyles {
		for _, test := range []struct {
			name       string
			begin, end func(s *tcp.Stream)
			want       error
		}{
			{"close", nil, func(s *tcp.Stream) { s.Close() }, net.ErrClosed},
			{"half", nil, func(s *tcp.Stream) { r, _ := s.Split(); r.Close() }, net.ErrClosed},
			{"end of reading", nil, func(s *tcp.Stream) { s.CloseRead() }, io.EOF},
			{"deadline before", func(s *tcp.Stream) { s.SetReadDeadline(time.Now().Add(20 * time.Millisecond)) }, nil, os.ErrDeadlineExceeded},
			{"deadline meanwhile", nil, func(s *tcp.Stream) { s.SetReadDeadline(time.Now().Add(5 * time.Millisecond)) }, os.ErrDeadlineExceeded},
			{"deadline in the past", nil, func(s *tcp.Stream) { s.SetReadDeadline(time.Now().Add(-long)) }, os.ErrDeadlineExceeded},
			{"deadline brought forward", func(s *tcp.Stream) { s.SetReadDeadline(time.Now().Add(long)) },
				func(s *tcp.Stream) { s.SetReadDeadline(time.Now().Add(5 * time.Millisecond)) }, os.ErrDeadlineExceeded},
			{"deadline put off", func(s *tcp.Stream) { s.SetReadDeadline(time.Now().Add(100 * time.Millisecond)) },
				func(s *tcp.Stream) { s.SetReadDeadline(time.Now().Add(150 * time.Millisecond)) }, os.ErrDeadlineExceeded},
		} {
			t.Run(style+", "+test.name, func(t *testing.T) {
				rt := nettest.NewRuntime(t)
				s, _ := connect(t, rt)
				if test.begin != nil {
					test.begin(s)
				}
				wait := begin(rt, s, block)
				if test.end != nil {
					awaitWaiters(t, s, 1)
					test.end(s)
				}
				err := wait(t)
				if test.want == io.EOF {
					if err != io.EOF {
						t.Errorf("%v, want io.EOF", err)
					}
				} else {
					wantIs(t, err, "raw-read", test.want)
				}
				noneWaits(t, s)
			})
		}
	}
}

// A goroutine and tasks that wait for one socket share its alarm, whichever of them has set it.
func TestDeadlineEndsRawReadsBesideOthers(t *testing.T) {
	rt := nettest.NewRuntime(t)
	block := func(uintptr) bool { return false }
	for first := range rawStyles {
		for second := range rawStyles {
			s, c := connect(t, rt)
			s.SetReadDeadline(time.Now().Add(long))
			// The first one sets the alarm and leaves, which must leave an alarm to the second.
			one := rawStyles[first](rt, s, func(fd uintptr) bool {
				_, err := unix.Read(int(fd), make([]byte, 1))
				return err != unix.EAGAIN
			})
			awaitWaiters(t, s, 1)
			two := rawStyles[second](rt, s, block)
			awaitWaiters(t, s, 2)
			s.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
			c.Write([]byte("x"))
			if err := one(t); err != nil && !errors.Is(err, os.ErrDeadlineExceeded) { // on a machine that is that slow
				t.Errorf("%s beside %s: %v", first, second, err)
			}
			wantIs(t, two(t), "raw-read", os.ErrDeadlineExceeded)
			s.Close()
		}
	}
}

func TestRawReadOfAnAbortedTaskLeavesNoWaiter(t *testing.T) {
	rt := nettest.NewRuntime(t)
	s, c := connect(t, rt)
	block := func(uintptr) bool { return false }
	var got error
	direct := executor.Do(rt, func(co *coro.Co) error { got = s.RawConn(co).Read(block); return got })
	poll := executor.Spawn[error](rt, &rawRead{s: s, f: block})
	awaitWaiters(t, s, 2)
	direct.Abort()
	poll.Abort()
	nettest.Finish(t, direct)
	wantIs(t, got, "raw-read", core.ErrCancelled)
	if _, err := poll.Wait(t.Context()); !errors.Is(err, core.ErrCancelled) {
		t.Error(err)
	}
	noneWaits(t, s)
	c.Write([]byte("x"))
	nettest.Do(t, rt, func(co *coro.Co) error { _, err := s.Read(co, make([]byte, 1)); return err })
}

func TestRawConnOfAGoroutineIsRefusedInsideATask(t *testing.T) {
	rt := nettest.NewRuntime(t)
	s, c := connect(t, rt)
	c.Write([]byte("x"))
	nettest.Do(t, rt, func(co *coro.Co) error {
		if err := s.WaitReadable(co); err != nil {
			return err
		}
		buf := make([]byte, 4)
		for name, raw := range map[string]syscall.RawConn{
			"plain": must(s.SyscallConn()), "with a waiter": s.RawConnWith(func() tcp.Waiter { return rt.Parker(0) }),
		} {
			if name == "plain" {
				if err := raw.Read(func(fd uintptr) bool { n, _ := unix.Read(int(fd), buf); return n == 1 }); err != nil {
					return fmt.Errorf("it need not wait: %w", err)
				}
			}
			calls := 0
			err := raw.Read(func(uintptr) bool { calls++; return false })
			wantIs(t, err, "raw-read", core.ErrNested)
			if calls != 1 {
				t.Errorf("%s: %d calls", name, calls)
			}
		}
		return nil
	})
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestRawConnThatWouldWaitNeedsARegistration(t *testing.T) {
	rt := nettest.NewRuntime(t)
	s, c := tryConnect(t, listen(t))
	calls := 0
	block := func(uintptr) bool { calls++; return false }
	wantIs(t, must(s.SyscallConn()).Read(block), "raw-read", errors.ErrUnsupported)
	wantIs(t, must(s.SyscallConn()).Write(block), "raw-write", errors.ErrUnsupported)
	if calls != 2 {
		t.Errorf("%d calls, want one each", calls)
	}
	if err := must(s.SyscallConn()).Write(func(uintptr) bool { return true }); err != nil {
		t.Error(err)
	}
	// With a waiter the goroutine registers it, and then others can wait.
	buf := make([]byte, 1)
	read := func(fd uintptr) bool { n, _ := unix.Read(int(fd), buf); return n == 1 }
	for _, style := range []string{"parker", "goroutine"} {
		wait := rawStyles[style](rt, s, read)
		awaitWaiters(t, s, 1)
		c.Write([]byte("x"))
		if err := wait(t); err != nil {
			t.Error(style, err)
		}
	}
}

func TestRawFunctionThatPanicsKeepsNothing(t *testing.T) {
	rt := nettest.NewRuntime(t)
	for name, leave := range map[string]func(){"panic": func() { panic("oh") }, "goexit": runtime.Goexit} {
		for _, late := range []bool{false, true} {
			s, c := connect(t, rt)
			read := func(raw syscall.RawConn) {
				defer func() { recover() }()
				calls := 0
				raw.Read(func(fd uintptr) bool {
					if calls++; !late || calls > 1 {
						leave()
					}
					return false
				})
			}
			for _, begin := range []func() (ended <-chan struct{}){
				func() <-chan struct{} {
					ended := make(chan struct{})
					go func() {
						defer close(ended)
						read(must(s.SyscallConn()))
					}()
					return ended
				},
				func() <-chan struct{} {
					return executor.Do(rt, func(co *coro.Co) error { read(s.RawConn(co)); return nil }).Done()
				},
			} {
				ended := begin()
				if late {
					awaitWaiters(t, s, 1)
					c.Write([]byte("x"))
				}
				<-ended
				noneWaits(t, s)
			}
			var number uintptr
			must(s.SyscallConn()).Control(func(fd uintptr) { number = fd })
			s.Close()
			if _, err := unix.FcntlInt(number, unix.F_GETFD, 0); err != unix.EBADF {
				t.Errorf("%s, late: %v: a reference keeps the descriptor open: %v", name, late, err)
			}
		}
	}
}

// givingUp is a Waiter that waits no longer.
type givingUp struct{ tcp.Waiter }

func (givingUp) Park() { panic("enough") }

func TestWaiterThatGivesUpLeavesNothing(t *testing.T) {
	rt := nettest.NewRuntime(t)
	s, c := connect(t, rt)
	l := listen(t)
	for _, socket := range []rawSocket{s, l} {
		func() {
			defer func() {
				if r := recover(); r != "enough" {
					t.Errorf("recovered %v", r)
				}
			}()
			socket.RawConnWith(func() tcp.Waiter { return givingUp{rt.Parker(0)} }).Read(func(uintptr) bool { return false })
		}()
		noneWaits(t, socket)
	}
	c.Write([]byte("x"))
	nettest.Do(t, rt, func(co *coro.Co) error { _, err := s.Read(co, make([]byte, 1)); return err })
}
