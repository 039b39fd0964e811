package tcp_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/stream"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
)

// openPipes counts the pipes of the process.
func openPipes() (n int) {
	for _, name := range nettest.FDNames() {
		if strings.HasPrefix(name, "pipe:") {
			n++
		}
	}
	return n
}

// waitPipes waits until there are n more or fewer.
func waitPipes(tb testing.TB, n int) {
	tb.Helper()
	for end := time.Now().Add(nettest.Timeout); openPipes() != n; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			tb.Fatalf("%d ends of pipes, want %d", openPipes(), n)
		}
	}
}

// readToPipe reads until the copy in between holds a pipe, and no further than limit.
func readToPipe(tb testing.TB, r io.Reader, w io.Writer, none, limit int) (n int) {
	tb.Helper()
	for openPipes() <= none && n < limit {
		m, err := io.CopyN(w, r, 64<<10)
		if n += int(m); err != nil {
			tb.Fatal(err)
		}
	}
	if runtime.GOOS == "linux" && n >= limit {
		tb.Errorf("no pipe in %d bytes", n)
	}
	return n
}

func TestCopyInBulk(t *testing.T) {
	rt := nettest.NewRuntime(t)
	from, in := connect(t, rt)
	to, out := connect(t, rt)
	// With little room behind the copy, bytes pile up in front of it, and it holds its pipe until they end.
	if err := errors.Join(to.SetWriteBuffer(64<<10), out.SetReadBuffer(64<<10)); err != nil {
		t.Fatal(err)
	}
	h := executor.Do(rt, func(co *coro.Co) error {
		n, err := stream.Copy(co, to, from)
		if err == nil && n != 8<<20+3+8<<20 {
			err = fmt.Errorf("%d bytes were copied", n)
		}
		to.CloseWrite()
		return err
	})
	none := openPipes()
	msg := random(8 << 20)
	got := sha256.New()
	for round := range 2 {
		go in.Write(msg)
		n := readToPipe(t, out, got, none, 7<<20)
		if _, err := io.CopyN(got, out, int64(len(msg)-n)); err != nil {
			t.Fatal(err)
		}
		if round == 1 {
			break
		}
		in.Write([]byte("abc"))
		if _, err := io.CopyN(io.Discard, out, 3); err != nil {
			t.Fatal(err)
		}
		waitPipes(t, none) // small talk holds no pipe
	}
	in.CloseWrite()
	if rest, err := io.ReadAll(out); len(rest) != 0 || err != nil {
		t.Errorf("%d bytes more, %v", len(rest), err)
	}
	want := sha256.New()
	want.Write(msg)
	want.Write(msg)
	if !bytes.Equal(got.Sum(nil), want.Sum(nil)) {
		t.Error("what came is not what was sent")
	}
	if err := nettest.Finish(t, h); err != nil {
		t.Error(err)
	}
}

// counting counts what is read through it.
type counting struct {
	*tcp.Stream
	n int
}

func (c *counting) Read(co *coro.Co, b []byte) (int, error) {
	n, err := c.Stream.Read(co, b)
	c.n += n
	return n, err
}

func TestCopyDoesNotBypassWhatWrapsAStream(t *testing.T) {
	rt := nettest.NewRuntime(t)
	from, in := connect(t, rt)
	to, out := connect(t, rt)
	go func() {
		in.Write(make([]byte, 4<<20))
		in.CloseWrite()
	}()
	go io.Copy(io.Discard, out)
	c := &counting{Stream: from}
	nettest.Do(t, rt, func(co *coro.Co) error {
		_, err := stream.Copy(co, to, c)
		return err
	})
	if c.n != 4<<20 {
		t.Errorf("it saw %d bytes", c.n)
	}
}

func TestCopyInBulkEnds(t *testing.T) {
	for name, test := range map[string]struct {
		end func(h nettest.Handle, from, to *tcp.Stream, out net.Conn)
		op  string
		err error
	}{
		"abort":    {func(h nettest.Handle, _, _ *tcp.Stream, _ net.Conn) { h.Abort() }, "write", core.ErrCancelled},
		"close":    {func(_ nettest.Handle, _, to *tcp.Stream, _ net.Conn) { to.Close() }, "write", net.ErrClosed},
		"deadline": {func(_ nettest.Handle, _, to *tcp.Stream, _ net.Conn) { to.SetWriteDeadline(time.Now()) }, "write", os.ErrDeadlineExceeded},
	} {
		t.Run(name, func(t *testing.T) {
			rt := nettest.NewRuntimeWith(t, executor.Options{Instrument: true})
			from, in := connect(t, rt)
			to, out := connect(t, rt)
			none := openPipes()
			var n int64
			var err error
			h := executor.Do(rt, func(co *coro.Co) error { n, err = stream.Copy(co, to, from); return err })
			go in.Write(make([]byte, 64<<20)) // more than fits anywhere
			readToPipe(t, out, io.Discard, none, 32<<20)
			nettest.SettleOn(t, rt, "write") // until nothing fits anywhere
			test.end(h, from, to, out)
			if jerr := nettest.Finish(t, h); jerr == nil {
				t.Error("it ended well")
			}
			wantIs(t, err, test.op, test.err)
			if n == 0 {
				t.Error("it says that nothing was copied")
			}
			waitPipes(t, none)
			in.Close()
		})
	}
}
