package tcp_test

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/stream"
)

// pieces is a stream.Reader of given results.
type pieces []struct {
	data string
	err  error
}

func (p *pieces) Read(_ *coro.Co, b []byte) (int, error) {
	if len(*p) == 0 {
		return 0, io.EOF
	}
	next := (*p)[0]
	*p = (*p)[1:]
	return copy(b, next.data), next.err
}

// shortWriter writes less than it is given.
type shortWriter struct{}

func (shortWriter) Write(_ *coro.Co, b []byte) (int, error) { return len(b) / 2, nil }

func TestCopy(t *testing.T) {
	rt := nettest.NewRuntime(t)
	broken := errors.New("broken")
	nettest.Do(t, rt, func(co *coro.Co) error {
		var out bytes.Buffer
		n, err := stream.Copy(co, bufferWriter{&out}, &pieces{{"ab", nil}, {"", nil}, {"cd", io.EOF}})
		if n != 4 || err != nil || out.String() != "abcd" {
			t.Errorf("copied %q, %d, %v", out.String(), n, err)
		}
		out.Reset()
		n, err = stream.Copy(co, bufferWriter{&out}, &pieces{{"ab", broken}})
		if n != 2 || err != broken || out.String() != "ab" {
			t.Errorf("copied %q, %d, %v", out.String(), n, err)
		}
		n, err = stream.Copy(co, shortWriter{}, &pieces{{"abcd", nil}})
		if n != 2 || err != io.ErrShortWrite {
			t.Errorf("copied %d, %v", n, err)
		}
		return nil
	})
}

// In a copy in both directions, one that blocks must not keep the other.
func TestCopyInBothDirections(t *testing.T) {
	rt := nettest.NewRuntime(t)
	a, ac := connect(t, rt)
	b, bc := connect(t, rt)
	forth := executor.Do(rt, func(co *coro.Co) error { _, err := b.ReadFrom(co, a); b.CloseWrite(); return err })
	back := executor.Do(rt, func(co *coro.Co) error { _, err := b.WriteTo(co, a); a.CloseWrite(); return err })
	msg := random(20 << 20)
	go func() { bc.Write(msg); bc.CloseWrite() }() // and nobody reads it from ac
	nettest.Settle(rt)
	ac.Write([]byte("hello"))
	buf := make([]byte, 5)
	if _, err := io.ReadFull(bc, buf); err != nil || string(buf) != "hello" {
		t.Fatalf("got %q, %v while the other direction is full", buf, err)
	}
	ac.CloseWrite()
	if err := nettest.Finish(t, forth); err != nil {
		t.Error(err)
	}
	if got, err := io.ReadAll(ac); err != nil || !bytes.Equal(got, msg) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if err := nettest.Finish(t, back); err != nil {
		t.Error(err)
	}
}
