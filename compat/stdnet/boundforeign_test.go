package stdnet_test

import (
	"errors"
	"io"
	"iter"
	"net"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/moduvex/moduvex-go/compat/stdnet"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
)

// boundUses are the calls that only the body may make.
var boundUses = map[string]func(c net.Conn) error{
	"Read":     func(c net.Conn) error { _, err := c.Read(make([]byte, 1)); return err },
	"Write":    func(c net.Conn) error { _, err := c.Write([]byte("x")); return err },
	"ReadFrom": func(c net.Conn) error { _, err := c.(io.ReaderFrom).ReadFrom(neverRead{}); return err },
	"WriteTo":  func(c net.Conn) error { _, err := c.(io.WriterTo).WriteTo(io.Discard); return err },
	"WriteBuffers": func(c net.Conn) error {
		_, err := c.(interface {
			WriteBuffers(*net.Buffers) (int64, error)
		}).WriteBuffers(&net.Buffers{{1}})
		return err
	},
	"the Read of a RawConn":  func(c net.Conn) error { return rawOf(c).Read(func(uintptr) bool { return false }) },
	"the Write of a RawConn": func(c net.Conn) error { return rawOf(c).Write(func(uintptr) bool { return false }) },
}

type neverRead struct{}

func (neverRead) Read([]byte) (int, error) { panic("read by a foreign goroutine") }

func rawOf(c net.Conn) syscall.RawConn {
	raw, err := c.(syscall.Conn).SyscallConn()
	if err != nil {
		panic(err)
	}
	return raw
}

func wantForeign(t *testing.T, when string, c net.Conn) {
	t.Helper()
	for use, f := range boundUses {
		if err := f(c); !errors.Is(err, stdnet.ErrForeign) {
			t.Errorf("%s, %s: the error is %v", when, use, err)
		} else {
			var oe *net.OpError
			if !errors.As(err, &oe) || oe.Net == "" {
				t.Errorf("%s, %s: the error is %#v", when, use, err)
			}
		}
	}
}

// on runs f on a goroutine of its own, and returns when it has returned. The body that calls it blocks its worker.
func on(f func()) {
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	<-done
}

func TestAForeignGoroutineGetsErrForeign(t *testing.T) {
	onEach(t, func(t *testing.T, co *coro.Co, a, b stdnet.Stream) error {
		// A connection of a body that runs, that is suspended, and that is over.
		c := stdnet.Bind(co, a)
		on(func() { wantForeign(t, "the body blocks", c) })

		var stop atomic.Bool
		go func() {
			defer stop.Store(true)
			wantForeign(t, "the body computes", c)
		}()
		for !stop.Load() {
			if _, err := c.Write([]byte("x")); err != nil { // as the body may, meanwhile
				return err
			}
			if _, err := stdnet.Bind(co, b).Read(make([]byte, 1)); err != nil {
				return err
			}
		}

		bound := make(chan net.Conn, 1)
		other := executor.Do(co, func(co *coro.Co) error {
			c := stdnet.Bind(co, b)
			bound <- c
			n, err := c.Read(make([]byte, 8))
			if n != 1 || err != nil {
				t.Errorf("the body was disturbed: %d, %v", n, err)
			}
			return err
		})
		for len(bound) == 0 {
			if err := co.Yield(); err != nil {
				return err
			}
		}
		suspended := <-bound
		wantForeign(t, "the body of another task", suspended)
		on(func() { wantForeign(t, "the body is suspended", suspended) })
		if _, err := c.Write([]byte("y")); err != nil {
			return err
		}
		if _, err := other.Join(co); err != nil {
			return err
		}
		wantForeign(t, "the body is over", suspended)
		on(func() { wantForeign(t, "the body is over, a goroutine", suspended) })
		return nil
	})
}

// A child that uses the connection of its parent, whose worker it may share, gets the error, too; and so does the body
// that runs next on the coroutine of one that has ended.
func TestTheConnOfAParentIsForeignToItsChild(t *testing.T) {
	onEach(t, func(t *testing.T, co *coro.Co, a, _ stdnet.Stream) error {
		c := stdnet.Bind(co, a)
		return coro.WithGroup(co, coro.GroupOptions{}, func(co *coro.Co, g *coro.Group) error {
			for range 10 {
				if err := g.Do(co, func(*coro.Co) error { wantForeign(t, "a child", c); return nil }); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// One body after the other runs on the goroutine of a coroutine: the connections of those before are foreign to it.
func TestTheConnOfTheBodyBeforeIsForeign(t *testing.T) {
	onEach(t, func(t *testing.T, co *coro.Co, a, _ stdnet.Stream) error {
		var last net.Conn
		for range 10 {
			one := executor.Do(executor.On(co, 0), func(co *coro.Co) error {
				if last != nil {
					wantForeign(t, "the body before is over", last)
				}
				last = stdnet.Bind(co, a)
				_, err := last.Write([]byte("x"))
				return err
			})
			if _, err := one.Join(co); err != nil {
				return err
			}
		}
		return nil
	})
}

// An iterator that the body drives may use the connection, wherever it was bound.
func TestAnIteratorUsesTheConnOfItsBody(t *testing.T) {
	onEach(t, func(t *testing.T, co *coro.Co, a, b stdnet.Stream) error {
		peer := executor.Do(co, func(co *coro.Co) error {
			c := stdnet.Bind(co, b)
			_, err := io.Copy(c, c)
			return err
		})
		var c net.Conn
		echoes := func(yield func(string, error) bool) {
			if c == nil {
				c = stdnet.Bind(co, a)
			}
			buf := make([]byte, 4)
			for {
				if _, err := io.WriteString(c, "ping"); err != nil {
					yield("", err)
					return
				}
				_, err := io.ReadFull(c, buf)
				if !yield(string(buf), err) {
					return
				}
			}
		}
		for range 3 { // iterators that end before the body does
			next, stop := iter.Pull2(echoes)
			for range 3 {
				if s, err, _ := next(); s != "ping" || err != nil {
					t.Errorf("read %q, %v", s, err)
				}
				if _, err := io.WriteString(c, "pong"); err != nil { // the body in between
					return err
				}
				buf := make([]byte, 4)
				if _, err := io.ReadFull(c, buf); err != nil || string(buf) != "pong" {
					t.Errorf("read %q, %v", buf, err)
				}
			}
			stop()
		}
		a.Close()
		_, err := peer.Join(co)
		return err
	})
}
