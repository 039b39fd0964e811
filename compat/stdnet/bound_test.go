package stdnet_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
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

func TestCopiesOfBoundConns(t *testing.T) {
	const size = 3 << 20
	text := strings.Repeat("0123456789abcdef", size/16)
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for what, send := range map[string]func(co *coro.Co, c net.Conn, from stdnet.Stream) (int64, error){
		"a file": func(_ *coro.Co, c net.Conn, _ stdnet.Stream) (int64, error) {
			f, err := os.Open(name)
			if err != nil {
				return 0, err
			}
			defer f.Close()
			return io.Copy(c, f)
		},
		"a file, by ReadFrom": func(_ *coro.Co, c net.Conn, _ stdnet.Stream) (int64, error) {
			f, err := os.Open(name)
			if err != nil {
				return 0, err
			}
			defer f.Close()
			return c.(io.ReaderFrom).ReadFrom(f)
		},
		"a reader": func(_ *coro.Co, c net.Conn, _ stdnet.Stream) (int64, error) {
			return io.Copy(c, struct{ io.Reader }{strings.NewReader(text)})
		},
		"another conn": func(co *coro.Co, c net.Conn, from stdnet.Stream) (int64, error) {
			return io.Copy(c, stdnet.Bind(co, from)) // by WriteTo
		},
		"another conn, by ReadFrom": func(co *coro.Co, c net.Conn, from stdnet.Stream) (int64, error) {
			return c.(io.ReaderFrom).ReadFrom(stdnet.Bind(co, from))
		},
		"a part of another conn": func(co *coro.Co, c net.Conn, from stdnet.Stream) (int64, error) {
			return io.Copy(c, io.LimitReader(stdnet.Bind(co, from), size))
		},
		"buffers": func(_ *coro.Co, c net.Conn, _ stdnet.Stream) (int64, error) {
			bufs := net.Buffers{[]byte(text[:size/2]), nil, []byte(text[size/2:])}
			n, err := c.(interface {
				WriteBuffers(*net.Buffers) (int64, error)
			}).WriteBuffers(&bufs)
			if len(bufs) != 0 {
				return n, errors.New("buffers are left")
			}
			return n, err
		},
		"buffers of package net": func(_ *coro.Co, c net.Conn, _ stdnet.Stream) (int64, error) {
			bufs := net.Buffers{[]byte(text[:size/2]), []byte(text[size/2:])}
			return bufs.WriteTo(c)
		},
	} {
		t.Run(what, func(t *testing.T) {
			onEach(t, func(t *testing.T, co *coro.Co, a, b stdnet.Stream) error {
				from, feed, err := tcpPair(co)
				if err != nil {
					return err
				}
				defer from.Close()
				fed := executor.Do(co, func(co *coro.Co) error {
					defer feed.Close()
					if !strings.Contains(what, "another conn") {
						return nil
					}
					_, err := io.WriteString(stdnet.Bind(co, feed), text)
					return err
				})
				read := executor.Do(co, func(co *coro.Co) error {
					var have bytes.Buffer
					n, err := io.Copy(&have, stdnet.Bind(co, b))
					if n != size || have.String() != text {
						t.Errorf("the peer has read %d bytes", n)
					}
					return err
				})
				n, err := send(co, stdnet.Bind(co, a), from)
				if n != size || err != nil {
					t.Errorf("sent %d bytes, %v", n, err)
				}
				a.Close()
				_, rerr := read.Join(co)
				_, ferr := fed.Join(co)
				return errors.Join(rerr, ferr)
			})
		})
	}
}

// A memory is a Stream of a program: one end of a pipe in memory, without the methods of sockets.
type memory struct {
	stdnet.Stream // closed: it has the other methods
	in, out       *[]byte
	wake          func(co *coro.Co) error
}

func (m *memory) Read(co *coro.Co, b []byte) (int, error) {
	for len(*m.in) == 0 {
		if err := m.wake(co); err != nil {
			return 0, err
		}
	}
	n := copy(b, *m.in)
	*m.in = (*m.in)[n:]
	return n, nil
}

func (m *memory) Write(_ *coro.Co, b []byte) (int, error) {
	*m.out = append(*m.out, b...)
	return len(b), nil
}

func (m *memory) Close() error { return nil }

func (m *memory) RemoteAddr() net.Addr { return nil }
func (m *memory) LocalAddr() net.Addr  { return nil }

// A halfMemory can end its outgoing direction.
type halfMemory struct {
	memory
	ended bool
}

func (m *halfMemory) CloseWrite() error { m.ended = true; return nil }

func TestAStreamOfAProgramIsBound(t *testing.T) {
	do(t, newRuntime(t, executor.Options{}), func(co *coro.Co) error {
		var there, back []byte
		yield := (*coro.Co).Yield
		a := &memory{in: &back, out: &there, wake: yield}
		b := &halfMemory{memory: memory{in: &there, out: &back, wake: yield}}
		ca, cb := stdnet.Bind(co, a), stdnet.Bind(co, b)
		if _, err := io.WriteString(ca, "ping"); err != nil {
			return err
		}
		buf := make([]byte, 4)
		if _, err := io.ReadFull(cb, buf); err != nil || string(buf) != "ping" {
			t.Errorf("read %q, %v", buf, err)
		}
		if n, err := io.Copy(cb, struct{ io.Reader }{strings.NewReader("pong")}); n != 4 || err != nil {
			t.Errorf("copied %d, %v", n, err)
		}
		if _, err := io.ReadFull(ca, buf); err != nil || string(buf) != "pong" {
			t.Errorf("read %q, %v", buf, err)
		}
		for c, want := range map[net.Conn]bool{ca: false, cb: true} {
			if _, ok := c.(interface{ CloseWrite() error }); ok != want {
				t.Errorf("CloseWrite of %T: %v", c, ok)
			}
			if _, ok := c.(syscall.Conn); ok {
				t.Errorf("%T has SyscallConn", c)
			}
		}
		if err := cb.(interface{ CloseWrite() error }).CloseWrite(); err != nil || !b.ended {
			t.Errorf("CloseWrite: %v, %v", b.ended, err)
		}
		if stdnet.StreamOf(ca) != a || stdnet.StreamOf(cb) != b {
			t.Error("StreamOf returns other streams")
		}
		var err error
		done := make(chan struct{})
		go func() { _, err = ca.Read(buf); close(done) }()
		<-done
		var oe *net.OpError
		if !errors.As(err, &oe) || !errors.Is(err, stdnet.ErrForeign) {
			t.Errorf("a use by a goroutine: %v", err)
		}
		return nil
	})
}

func TestAConnThatIsNotBoundHasNoStream(t *testing.T) {
	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	if s := stdnet.StreamOf(a); s != nil {
		t.Error("the stream is", s)
	}
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

// io.Copy calls the WriteTo of a file, which hides the file from the ReadFrom of its destination.
func TestTheFileOfACopyIsFound(t *testing.T) {
	f, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var got recorder
	if _, err := io.Copy(&got, f); err != nil {
		t.Fatal(err)
	}
	if found := stdnet.FileIn(got.r); found != f {
		t.Errorf("in a %T: found %T", got.r, found)
	}
	type wraps struct{ *os.File }
	for _, r := range []io.Reader{nil, strings.NewReader(""), wraps{f}, &wraps{f}} {
		if found := stdnet.FileIn(r); found != r {
			t.Errorf("in a %T: found %T", r, found)
		}
	}
}

// A recorder keeps what it is to read from.
type recorder struct {
	io.Writer
	r io.Reader
}

func (r *recorder) ReadFrom(from io.Reader) (int64, error) { r.r = from; return 0, nil }
