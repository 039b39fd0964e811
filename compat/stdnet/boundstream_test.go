package stdnet_test

import (
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"

	"github.com/moduvex/moduvex-go/compat/stdnet"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
)

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
