package netfd_test

import (
	"context"
	"errors"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/udp"
	netunix "github.com/moduvex/moduvex-go/executor/net/unix"
	"github.com/moduvex/moduvex-go/joinhandle"
	"github.com/moduvex/moduvex-go/reactor"
	"golang.org/x/sys/unix"
)

// A waiting is an operation that has to wait, in both styles, on a socket that is shared with others.
type waiting struct {
	conn     syscall.Conn
	deadline func(time.Time) error
	close    func() error
	direct   func(co *coro.Co) error
	poll     func(cx *core.Context) (bool, error)
	unwait   func(w core.Waker)
}

// waitings are reads and accepts of all kinds of sockets but TCP's, which a shutdown ends.
func waitings(t *testing.T) map[string]waiting {
	t.Helper()
	b := make([]byte, 10)
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	u, err := udp.Listen("udp", "127.0.0.1:0")
	must(err)
	d, err := netunix.Bind("@" + filepath.Base(t.TempDir()) + t.Name())
	must(err)
	q, peer, err := netunix.SeqpacketPair()
	must(err)
	t.Cleanup(func() { peer.Close() })
	l, err := netunix.Listen(filepath.Join(t.TempDir(), "l"))
	must(err)
	ms := []udp.Message{{Buf: b}}
	return map[string]waiting{
		"udp": {
			conn: u, deadline: u.SetReadDeadline, close: u.Close,
			direct: func(co *coro.Co) error { _, _, err := u.ReadFrom(co, b); return err },
			poll:   func(cx *core.Context) (bool, error) { _, _, ok, err := u.PollReadFrom(cx, b); return ok, err },
			unwait: func(w core.Waker) { u.Unwait(w, reactor.Read) },
		},
		"udp batch": {
			conn: u, deadline: u.SetReadDeadline, close: u.Close,
			direct: func(co *coro.Co) error { _, err := u.ReadBatch(co, ms); return err },
			poll:   func(cx *core.Context) (bool, error) { _, ok, err := u.PollReadBatch(cx, ms); return ok, err },
			unwait: func(w core.Waker) { u.Unwait(w, reactor.Read) },
		},
		"datagram": {
			conn: d, deadline: d.SetReadDeadline, close: d.Close,
			direct: func(co *coro.Co) error { _, _, err := d.ReadFrom(co, b); return err },
			poll:   func(cx *core.Context) (bool, error) { _, ok, err := d.PollRead(cx, b); return ok, err },
			unwait: func(w core.Waker) { d.Unwait(w, reactor.Read) },
		},
		"seqpacket": {
			conn: q, deadline: q.SetReadDeadline, close: q.Close,
			direct: func(co *coro.Co) error { _, err := q.Read(co, b); return err },
			poll:   func(cx *core.Context) (bool, error) { _, ok, err := q.PollRead(cx, b); return ok, err },
			unwait: func(w core.Waker) { q.Unwait(w, reactor.Read) },
		},
		"listener": {
			conn: l, deadline: l.SetDeadline, close: l.Close,
			direct: func(co *coro.Co) error { _, err := l.Accept(co); return err },
			poll:   func(cx *core.Context) (bool, error) { _, ok, err := l.PollAccept(cx); return ok, err },
			unwait: l.Unwait,
		},
	}
}

// polling is an operation in poll style, as a future.
type polling struct {
	w     waiting
	waker core.Waker
}

func (p *polling) Poll(cx *core.Context) (error, bool) {
	p.waker = cx.Waker()
	ok, err := p.w.poll(cx)
	return err, ok
}

func (p *polling) Drop() { p.w.unwait(p.waker) }

func (w waiting) styles() map[string]func(co *coro.Co) error {
	return map[string]func(co *coro.Co) error{
		"direct": w.direct,
		"poll": func(co *coro.Co) error {
			err, cancelled := coro.Await[error](co, &polling{w: w})
			return errors.Join(err, cancelled)
		},
	}
}

// finishOrPanic waits for a task and returns its error. A task that hangs may keep its worker, so that Close would hang too.
func finishOrPanic(t *testing.T, h joinhandle.JoinHandle[struct{}]) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), nettest.Timeout)
	defer cancel()
	_, err := h.Wait(ctx)
	if !h.Finished() {
		panic("the task hangs, and perhaps its worker")
	}
	return err
}

// eachWaiting runs test with an operation that waits, by itself on a worker.
func eachWaiting(t *testing.T, test func(t *testing.T, rt *executor.Runtime, w waiting, h joinhandle.JoinHandle[struct{}])) {
	all := waitings(t)
	for _, w := range all {
		w.close()
	}
	for name := range all {
		for style := range all[name].styles() {
			t.Run(name+" "+style, func(t *testing.T) {
				rt, err := executor.New(executor.Options{Workers: 1, LongPollThreshold: -1})
				if err != nil {
					t.Fatal(err)
				}
				defer rt.Close()
				fresh := waitings(t)
				defer func() {
					for _, w := range fresh {
						w.close()
					}
				}()
				w := fresh[name]
				body := w.styles()[style]
				h := executor.Do(rt, body)
				beat(t, rt)
				test(t, rt, w, h)
			})
		}
	}
}

// beat waits until the worker has polled everything that was ready, or panics.
func beat(t *testing.T, rt *executor.Runtime) {
	t.Helper()
	for range 3 {
		if err := finishOrPanic(t, executor.Do(rt, func(co *coro.Co) error { return nil })); err != nil {
			t.Fatal(err)
		}
	}
}

// quiet waits until nothing is polled but what it starts itself.
func quiet(t *testing.T, rt *executor.Runtime) {
	t.Helper()
	beat(t, rt)
	for end := time.Now().Add(nettest.Timeout); ; {
		before := rt.Stats().Polls
		beat(t, rt)
		if polls := rt.Stats().Polls - before; polls <= 3 {
			return
		} else if time.Now().After(end) {
			t.Fatalf("it is polled again and again: %d polls of three tasks", polls)
		}
	}
}

func (w waiting) control(t *testing.T, f func(fd int) error) {
	t.Helper()
	raw, err := w.conn.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if cerr := raw.Control(func(fd uintptr) { err = f(int(fd)) }); cerr != nil {
		t.Fatal(cerr)
	}
	if err != nil && err != unix.ENOTCONN { // which UDP says, and does it all the same
		t.Fatal(err)
	}
}

// A direction that is shut down from outside is reported as closed permanently, while reads of some sockets find
// no bytes. They wait like others: the worker polls its other tasks, and deadline, abort and Close take effect.
func TestShutdownFromOutside(t *testing.T) {
	for name, end := range map[string]func(w waiting, h joinhandle.JoinHandle[struct{}]){
		"deadline": func(w waiting, _ joinhandle.JoinHandle[struct{}]) { w.deadline(time.Now()) },
		"abort":    func(_ waiting, h joinhandle.JoinHandle[struct{}]) { h.Abort() },
		"close":    func(w waiting, _ joinhandle.JoinHandle[struct{}]) { w.close() },
	} {
		t.Run(name, func(t *testing.T) {
			eachWaiting(t, func(t *testing.T, rt *executor.Runtime, w waiting, h joinhandle.JoinHandle[struct{}]) {
				w.control(t, func(fd int) error { return unix.Shutdown(fd, unix.SHUT_RD) })
				quiet(t, rt)
				end(w, h)
				err := finishOrPanic(t, h)
				switch {
				case err == nil:
					t.Error("it ended well")
				case errors.Is(err, os.ErrDeadlineExceeded) != (name == "deadline") && !isEOF(err):
					t.Error(err)
				}
			})
		})
	}
}

// isEOF: a seqpacket connection has an end.
func isEOF(err error) bool { return errors.Is(err, io.EOF) }

// On Linux a UDP socket receives also after that.
func TestDatagramAfterShutdownFromOutside(t *testing.T) {
	rt, err := executor.New(executor.Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer rt.Close()
	w := waitings(t)
	for _, w := range w {
		defer w.close()
	}
	u := w["udp"].conn.(*udp.Socket)
	h := executor.Do(rt, w["udp"].direct)
	beat(t, rt)
	w["udp"].control(t, func(fd int) error { return unix.Shutdown(fd, unix.SHUT_RD) })
	beat(t, rt)
	to := u.LocalAddr().(interface{ AddrPort() netip.AddrPort }).AddrPort()
	if _, _, err := u.TryWriteTo([]byte("x"), to); err != nil {
		t.Fatal(err)
	}
	if err := finishOrPanic(t, h); err != nil {
		t.Error(err)
	}
}

// Nothing blocks if another process puts the socket into blocking mode: neither the worker nor the garbage
// collector, which would have to wait for a raw call.
//
// Regression: a raw call blocked on a socket in blocking mode.
func TestBlockingModeFromOutside(t *testing.T) {
	eachWaiting(t, func(t *testing.T, rt *executor.Runtime, w waiting, h joinhandle.JoinHandle[struct{}]) {
		h.Abort()
		finishOrPanic(t, h)
		w.control(t, func(fd int) error { return unix.SetNonblock(fd, false) })
		for style, body := range w.styles() {
			h := executor.Do(rt, body)
			beat(t, rt)
			runtime.GC()
			if h.Finished() {
				t.Errorf("%s style: it has not waited", style)
			}
			h.Abort()
			if err := finishOrPanic(t, h); !errors.Is(err, core.ErrCancelled) {
				t.Errorf("%s style: %v", style, err)
			}
		}
	})
}
