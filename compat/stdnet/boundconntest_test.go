package stdnet_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/compat/stdnet"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/executor"
)

// This file checks what golang.org/x/net/nettest.TestConn checks of a net.Conn, under the same names. That calls the methods
// of a connection from many goroutines; here each of them is a task, which binds the stream for itself.

// A connTest has the two ends of a connection, and the tasks that use them.
type connTest struct {
	*testing.T
	rt   *executor.Runtime
	co   *coro.Co
	a, b stdnet.Stream
	hs   []handle
}

// start starts a task that uses s.
func (x *connTest) start(s stdnet.Stream, f func(co *coro.Co, c net.Conn)) {
	x.hs = append(x.hs, executor.Do(x.co, func(co *coro.Co) error {
		f(co, stdnet.Bind(co, s))
		return nil
	}))
}

// wait waits for all tasks that were started.
func (x *connTest) wait() {
	for _, h := range x.hs {
		if _, err := h.Join(x.co); err != nil {
			x.Error(err)
		}
	}
	x.hs = nil
}

// settle waits until all tasks that were started are suspended.
func (x *connTest) settle() {
	for {
		tasks := x.rt.Tasks()
		busy := slices.ContainsFunc(x.hs, func(h handle) bool {
			return slices.ContainsFunc(tasks, func(s executor.TaskStatus) bool { return s.ID == h.ID() && s.State != task.Idle })
		})
		if !busy {
			return
		}
		if err := coro.Sleep(x.co, time.Millisecond); err != nil {
			x.Fatal(err)
		}
	}
}

// timedOut checks the error of an operation that a deadline has ended.
func (x *connTest) timedOut(err error) {
	x.Helper()
	var ne net.Error
	if !errors.As(err, &ne) || !ne.Timeout() || !errors.Is(err, os.ErrDeadlineExceeded) {
		x.Errorf("want a timeout, have %v", err)
	}
}

// copies copies in small pieces.
func copies(dst io.Writer, src io.Reader) error {
	_, err := io.CopyBuffer(struct{ io.Writer }{dst}, struct{ io.Reader }{src}, make([]byte, 1024))
	return err
}

// echo starts a task that echoes at the other end, until that is closed.
func (x *connTest) echo() {
	x.start(x.b, func(_ *coro.Co, c net.Conn) { copies(c, c) })
}

// roundTrip checks that a works, if b echoes and nothing is on the way.
func (x *connTest) roundTrip() {
	x.Helper()
	c := stdnet.Bind(x.co, x.a)
	c.SetDeadline(time.Time{})
	text := []byte("hello, world")
	if n, err := c.Write(text); n != len(text) || err != nil {
		x.Errorf("wrote %d, %v", n, err)
	}
	have := make([]byte, len(text))
	if _, err := io.ReadFull(c, have); err != nil || !bytes.Equal(have, text) {
		x.Errorf("read %q, %v", have, err)
	}
}

// drain reads what is on the way to a, if b echoes and no byte is 0xff.
func (x *connTest) drain() {
	x.Helper()
	x.a.SetDeadline(time.Time{})
	writer := executor.Do(x.co, func(co *coro.Co) error {
		_, err := stdnet.Bind(co, x.a).Write([]byte{0xff})
		return err
	})
	c, buf := stdnet.Bind(x.co, x.a), make([]byte, 1024)
	for {
		n, err := c.Read(buf)
		if err != nil {
			x.Error(err)
			break
		}
		if i := bytes.IndexByte(buf[:n], 0xff); i >= 0 {
			if i != n-1 {
				x.Errorf("%d bytes follow the last one", n-1-i)
			}
			break
		}
	}
	if _, err := writer.Join(x.co); err != nil {
		x.Error(err)
	}
}

// noise is a reader of random bytes without end. None of them is 0xff.
type noise struct{ r *rand.Rand }

func newNoise() noise { return noise{rand.New(rand.NewPCG(1, 2))} }

func (n noise) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(n.r.UintN(0xff))
	}
	return len(b), nil
}

var (
	past = time.Unix(1, 0)
	soon = func() time.Time { return time.Now().Add(time.Millisecond) }
)

var connTests = map[string]func(x *connTest){
	"BasicIO": func(x *connTest) {
		want := make([]byte, 1<<20)
		newNoise().Read(want)
		var have bytes.Buffer
		x.start(x.a, func(_ *coro.Co, c net.Conn) {
			if err := errors.Join(copies(c, bytes.NewReader(want)), c.Close()); err != nil {
				x.Error(err)
			}
		})
		x.start(x.b, func(_ *coro.Co, c net.Conn) {
			if err := errors.Join(copies(&have, c), c.Close()); err != nil {
				x.Error(err)
			}
		})
		x.wait()
		if !bytes.Equal(have.Bytes(), want) {
			x.Errorf("%d bytes have arrived, or others", have.Len())
		}
	},
	"PingPong": func(x *connTest) {
		player := func(_ *coro.Co, c net.Conn) {
			defer c.Close()
			var last uint64
			for buf := make([]byte, 8); ; {
				if _, err := io.ReadFull(c, buf); err == io.EOF {
					return
				} else if err != nil {
					x.Error(err)
					return
				}
				v := binary.LittleEndian.Uint64(buf)
				if last != 0 && v != last+2 {
					x.Errorf("%d follows %d", v, last)
				}
				if last = v; v == 1000 {
					return
				}
				binary.LittleEndian.PutUint64(buf, v+1)
				if _, err := c.Write(buf); err != nil {
					x.Error(err)
					return
				}
			}
		}
		x.start(x.a, player)
		x.start(x.b, player)
		if _, err := stdnet.Bind(x.co, x.a).Write(make([]byte, 8)); err != nil {
			x.Error(err)
		}
		x.wait()
	},
	"RacyRead": func(x *connTest) {
		peer := executor.Do(x.co, func(co *coro.Co) error { copies(stdnet.Bind(co, x.b), newNoise()); return nil })
		x.a.SetReadDeadline(soon())
		for range 10 {
			x.start(x.a, func(_ *coro.Co, c net.Conn) {
				have, other := make([]byte, 1024), make([]byte, 1024)
				for range 100 {
					_, err := c.Read(have)
					copy(have, other) // a race, if anything still writes to it
					if err != nil {
						x.timedOut(err)
						c.SetReadDeadline(soon())
					}
				}
			})
		}
		x.wait()
		x.a.Close()
		peer.Join(x.co)
	},
	"RacyWrite": func(x *connTest) {
		peer := executor.Do(x.co, func(co *coro.Co) error { copies(io.Discard, stdnet.Bind(co, x.b)); return nil })
		x.a.SetWriteDeadline(soon())
		for range 10 {
			x.start(x.a, func(_ *coro.Co, c net.Conn) {
				bytes, other := make([]byte, 1024), make([]byte, 1024)
				for range 100 {
					_, err := c.Write(bytes)
					copy(bytes, other)
					if err != nil {
						x.timedOut(err)
						c.SetWriteDeadline(soon())
					}
				}
			})
		}
		x.wait()
		x.a.Close()
		peer.Join(x.co)
	},
	"ReadTimeout": func(x *connTest) {
		x.start(x.b, func(_ *coro.Co, c net.Conn) { copies(io.Discard, c) })
		c := stdnet.Bind(x.co, x.a)
		c.SetReadDeadline(past)
		_, err := c.Read(make([]byte, 1024))
		x.timedOut(err)
		if _, err := c.Write(make([]byte, 1024)); err != nil {
			x.Error(err)
		}
	},
	"WriteTimeout": func(x *connTest) {
		x.start(x.b, func(_ *coro.Co, c net.Conn) { copies(c, newNoise()) })
		c := stdnet.Bind(x.co, x.a)
		c.SetWriteDeadline(past)
		_, err := c.Write(make([]byte, 1024))
		x.timedOut(err)
		if _, err := c.Read(make([]byte, 1024)); err != nil {
			x.Error(err)
		}
	},
	"PastTimeout": func(x *connTest) {
		x.echo()
		x.roundTrip()
		c := stdnet.Bind(x.co, x.a)
		c.SetDeadline(past)
		n, err := c.Write(make([]byte, 1024))
		if n != 0 {
			x.Errorf("wrote %d", n)
		}
		x.timedOut(err)
		if n, err = c.Read(make([]byte, 1024)); n != 0 {
			x.Errorf("read %d", n)
		}
		x.timedOut(err)
		x.roundTrip()
	},
	// A deadline that is set while a read and a write are pending ends both.
	"PresentTimeout": func(x *connTest) {
		x.pending()
		x.settle()
		x.a.SetReadDeadline(past)
		x.a.SetWriteDeadline(past)
		x.wait()
	},
	// So does one that passes while they are pending, and after it the connection works.
	"FutureTimeout": func(x *connTest) {
		x.a.SetDeadline(time.Now().Add(20 * time.Millisecond))
		x.pending()
		x.wait()
		x.echo()
		x.drain()
		x.roundTrip()
	},
	"CloseTimeout": func(x *connTest) {
		for _, use := range []func(c net.Conn, b []byte) (int, error){net.Conn.Read, net.Conn.Write} {
			x.start(x.a, func(_ *coro.Co, c net.Conn) {
				var err error
				for b := make([]byte, 1024); err == nil; {
					_, err = use(c, b)
				}
				if !errors.Is(err, net.ErrClosed) {
					x.Error(err)
				}
			})
		}
		x.settle()
		x.a.Close()
		x.wait()
	},
	"ConcurrentMethods": func(x *connTest) {
		echo := executor.Do(x.co, func(co *coro.Co) error { c := stdnet.Bind(co, x.b); copies(c, c); return nil })
		for range 100 {
			for _, use := range []func(c net.Conn){
				func(c net.Conn) { c.Read(make([]byte, 1024)) },
				func(c net.Conn) { c.Write(make([]byte, 1024)) },
				func(c net.Conn) { c.SetDeadline(time.Now().Add(10 * time.Millisecond)) },
				func(c net.Conn) { c.SetReadDeadline(past) },
				func(c net.Conn) { c.SetWriteDeadline(past) },
				func(c net.Conn) { c.LocalAddr() },
				func(c net.Conn) { c.RemoteAddr() },
			} {
				x.start(x.a, func(_ *coro.Co, c net.Conn) { use(c) })
			}
		}
		x.wait()
		x.drain()
		x.roundTrip()
		x.a.Close()
		echo.Join(x.co)
	},
}

// pending starts a task that reads from a, where nothing comes, and one that writes until there is no room. Both end with
// a timeout.
func (x *connTest) pending() {
	x.start(x.a, func(_ *coro.Co, c net.Conn) {
		n, err := c.Read(make([]byte, 1024))
		if n != 0 {
			x.Errorf("read %d", n)
		}
		x.timedOut(err)
	})
	x.start(x.a, func(_ *coro.Co, c net.Conn) {
		var err error
		for err == nil {
			_, err = c.Write(make([]byte, 1024))
		}
		x.timedOut(err)
	})
}

func TestABoundConnPassesTheChecksOfNettest(t *testing.T) {
	for _, n := range networks() {
		for name, test := range connTests {
			t.Run(n.name+"/"+name, func(t *testing.T) {
				rt := newRuntime(t, executor.Options{})
				do(t, rt, func(co *coro.Co) error {
					a, b, err := n.pair(co)
					if err != nil {
						return err
					}
					x := &connTest{T: t, rt: rt, co: co, a: a, b: b}
					test(x)
					a.Close()
					b.Close()
					x.wait()
					return nil
				})
			})
		}
	}
}
