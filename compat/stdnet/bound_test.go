package stdnet_test

import (
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/compat/stdnet"
	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
)

func TestABoundConnIsAConn(t *testing.T) {
	onEach(t, func(t *testing.T, co *coro.Co, a, b stdnet.Stream) error {
		echo := executor.Do(co, func(co *coro.Co) error {
			c := stdnet.Bind(co, b)
			_, err := io.Copy(c, c)
			return errors.Join(err, c.Close())
		})
		c := stdnet.Bind(co, a)
		if c.LocalAddr().String() != a.LocalAddr().String() || c.RemoteAddr().String() != a.RemoteAddr().String() {
			t.Errorf("the addresses are %v and %v", c.LocalAddr(), c.RemoteAddr())
		}
		text := strings.Repeat("0123456789", 100_000)
		writer := executor.Do(co, func(co *coro.Co) error {
			c := stdnet.Bind(co, a) // a second one, of another task
			n, err := io.WriteString(c, text)
			if n != len(text) || err != nil {
				t.Errorf("wrote %d, %v", n, err)
			}
			return c.(interface{ CloseWrite() error }).CloseWrite()
		})
		have, err := io.ReadAll(c)
		if string(have) != text || err != nil {
			t.Errorf("read %d of %d bytes, %v", len(have), len(text), err)
		}
		if _, err := c.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("at the end: %#v", err)
		}
		if n, err := c.Read(nil); n != 0 || err != nil {
			t.Errorf("an empty read: %d, %v", n, err)
		}
		_, werr := writer.Join(co)
		_, eerr := echo.Join(co)
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		_, err = c.Read(make([]byte, 1))
		wantOp(t, "read", err, net.ErrClosed)
		_, err = c.Write([]byte("x"))
		wantOp(t, "write", err, net.ErrClosed)
		wantOp(t, "close", c.Close(), net.ErrClosed)
		return errors.Join(werr, eerr)
	})
}

func TestADeadlineOfABoundConnIsATimeout(t *testing.T) {
	onEach(t, func(t *testing.T, co *coro.Co, a, _ stdnet.Stream) error {
		c := stdnet.Bind(co, a)
		if err := c.SetReadDeadline(time.Now().Add(time.Millisecond)); err != nil {
			return err
		}
		_, err := c.Read(make([]byte, 1))
		wantTimeout(t, "read", err)
		if err := c.SetWriteDeadline(time.Now().Add(-time.Second)); err != nil {
			return err
		}
		_, err = c.Write([]byte("x"))
		wantTimeout(t, "write", err)
		if err := c.SetDeadline(time.Time{}); err != nil {
			return err
		}
		_, err = c.Write([]byte("x"))
		return err
	})
}

// For awaits all Cos of a body are equal: a connection that was bound outside of a scope is ended by it, too, and works
// after it.
func TestAScopeEndsTheUseOfAConnThatWasBoundOutside(t *testing.T) {
	onEach(t, func(t *testing.T, co *coro.Co, a, b stdnet.Stream) error {
		c := stdnet.Bind(co, a)
		err := coro.WithTimeout(co, time.Millisecond, func(*coro.Co) error {
			_, err := c.Read(make([]byte, 1))
			return err
		})
		wantTimeout(t, "read", err)
		cause := errors.New("the cause")
		err = coro.WithCancel(co, func(_ *coro.Co, cancel func(error)) error {
			cancel(cause)
			_, err := c.Write([]byte("x"))
			return err
		})
		wantOp(t, "write", err, core.ErrCancelled)
		wantOp(t, "write", err, cause)
		if _, err := c.Write([]byte("after")); err != nil {
			return err
		}
		var inner net.Conn
		err = coro.WithTimeout(co, testTimeout, func(co *coro.Co) error {
			inner = stdnet.Bind(co, b)
			return nil
		})
		if err != nil {
			return err
		}
		buf := make([]byte, 10)
		n, err := inner.Read(buf) // and one that was bound in a scope outlives it
		if string(buf[:n]) != "after" {
			t.Errorf("read %q", buf[:n])
		}
		return err
	})
}

func TestAnAbortEndsTheUseOfABoundConn(t *testing.T) {
	for _, n := range networks() {
		rt := newRuntime(t, executor.Options{})
		var peer stdnet.Stream
		reads := make(chan struct{})
		h := executor.Do(rt, func(co *coro.Co) error {
			a, b, err := n.pair(co)
			if err != nil {
				return err
			}
			defer a.Close()
			peer = b
			c := stdnet.Bind(co, a)
			defer func() {
				_, err := c.Write([]byte("unshielded"))
				wantOp(t, "write", err, core.ErrCancelled)
				err = coro.Shield(co, func(*coro.Co) error {
					_, err := c.Write([]byte("bye"))
					return err
				})
				if err != nil {
					t.Error("under a shield:", err)
				}
			}()
			close(reads)
			_, err = c.Read(make([]byte, 1))
			wantOp(t, "read", err, core.ErrCancelled)
			return err
		})
		<-reads
		h.Abort()
		if err := finish(t, h); !errors.Is(err, core.ErrCancelled) {
			t.Errorf("%s: the task has ended with %v", n.name, err)
		}
		do(t, rt, func(co *coro.Co) error {
			have, err := io.ReadAll(stdnet.Bind(co, peer))
			if string(have) != "bye" {
				t.Errorf("%s: the peer has read %q", n.name, have)
			}
			return errors.Join(err, peer.Close())
		})
	}
}

// Close and the deadlines are for any goroutine: they end a read that is under way.
func TestAnyGoroutineClosesABoundConnAndSetsItsDeadlines(t *testing.T) {
	onEach(t, func(t *testing.T, co *coro.Co, a, _ stdnet.Stream) error {
		c := stdnet.Bind(co, a)
		var wg sync.WaitGroup
		wg.Go(func() { c.SetReadDeadline(time.Now()) })
		_, err := c.Read(make([]byte, 1))
		wantTimeout(t, "read", err)
		wg.Wait()
		c.SetReadDeadline(time.Time{})
		wg.Go(func() { c.Close() })
		_, err = c.Read(make([]byte, 1))
		wantOp(t, "read", err, net.ErrClosed)
		wg.Wait()
		return nil
	})
}

func TestBindIsOneAllocation(t *testing.T) {
	onEach(t, func(t *testing.T, co *coro.Co, a, _ stdnet.Stream) error {
		if n := testing.AllocsPerRun(100, func() { stdnet.Bind(co, a) }); n != 1 {
			t.Errorf("%v allocations", n)
		}
		c, b := stdnet.Bind(co, a), []byte("x")
		if n := testing.AllocsPerRun(100, func() { c.Write(b) }); n != 0 {
			t.Errorf("a write: %v allocations", n)
		}
		return nil
	})
}

func TestBindOfNothingPanics(t *testing.T) {
	do(t, newRuntime(t, executor.Options{}), func(co *coro.Co) error {
		for text, f := range map[string]func(){
			"stdnet: Bind with a nil Co":     func() { stdnet.Bind(nil, &memory{}) },
			"stdnet: Bind with a nil Stream": func() { stdnet.Bind(co, nil) },
		} {
			func() {
				defer func() {
					if v := recover(); v != text {
						t.Errorf("have %v, want %q", v, text)
					}
				}()
				f()
			}()
		}
		return nil
	})
}
