package stream_test

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/stream"
)

// pieces is a Reader of given results.
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

// bufferWriter is a Writer that never waits.
type bufferWriter struct{ w io.Writer }

func (b bufferWriter) Write(_ *coro.Co, p []byte) (int, error) { return b.w.Write(p) }

// A reader that returns nothing again and again is broken.
func TestCopyFromAReaderWithoutProgress(t *testing.T) {
	rt := nettest.NewRuntime(t)
	nettest.Do(t, rt, func(co *coro.Co) error {
		if n, err := stream.Copy(co, bufferWriter{io.Discard}, idleReader{}); n != 0 || err != io.ErrNoProgress {
			t.Errorf("copied %d, %v", n, err)
		}
		return nil
	})
}

type idleReader struct{}

func (idleReader) Read(*coro.Co, []byte) (int, error) { return 0, nil }
