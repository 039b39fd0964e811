package tcp_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	corefuture "github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
	"github.com/moduvex/moduvex-go/reactor"
)

// tempFile makes an open file of content, which is closed and gone at the end of the test.
func tempFile(tb testing.TB, content []byte) *os.File {
	tb.Helper()
	f, err := os.CreateTemp("", "content")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { f.Close(); os.Remove(f.Name()) })
	if _, err := f.WriteAt(content, 0); err != nil {
		tb.Fatal(err)
	}
	return f
}

func position(tb testing.TB, f io.Seeker) int64 {
	tb.Helper()
	pos, err := f.Seek(0, io.SeekCurrent)
	if err != nil {
		tb.Fatal(err)
	}
	return pos
}

// fileSender is SendFile in poll style: a future of how much was sent.
type fileSender struct {
	s    *tcp.Stream
	src  io.Reader
	w    core.Waker
	sent int64
	err  error
}

func (f *fileSender) Poll(cx *core.Context) (struct{}, bool) {
	for {
		f.w = cx.Waker()
		n, ready, err := f.s.PollSendFile(cx, f.src)
		f.sent += n
		switch {
		case !ready:
			return struct{}{}, false
		case err == io.EOF:
			return struct{}{}, true
		case err != nil:
			f.err = err
			return struct{}{}, true
		}
	}
}

func (f *fileSender) Drop() { f.s.Unwait(f.w, reactor.Write) }

// sendFile sends src in one of the styles.
func sendFile(tb testing.TB, rt *executor.Runtime, style string, s *tcp.Stream, src io.Reader) (n int64, err error) {
	tb.Helper()
	if style == "direct" {
		nettest.Do(tb, rt, func(co *coro.Co) error { n, err = s.SendFile(co, src); return nil })
		return n, err
	}
	f := &fileSender{s: s, src: src}
	if err := nettest.Finish(tb, executor.Spawn[struct{}](rt, f)); err != nil {
		tb.Fatal(err)
	}
	return f.sent, f.err
}

// receive reads all that comes, in the background.
func receive(c net.Conn) <-chan []byte {
	got := make(chan []byte, 1)
	go func() {
		b, _ := io.ReadAll(c)
		got <- b
	}()
	return got
}

var styles = []string{"direct", "poll"}

func TestSendFile(t *testing.T) {
	content := random(6<<20 + 5)
	size := int64(len(content))
	const skip = 3
	for name, test := range map[string]struct {
		source   func(f *os.File) io.Reader
		from, to int64 // what of content is sent
		after    int64 // where the file's position is then
	}{
		"file":       {func(f *os.File) io.Reader { return f }, skip, size, size},
		"limited":    {func(f *os.File) io.Reader { return io.LimitReader(f, 4<<20) }, skip, skip + 4<<20, skip + 4<<20},
		"over-limit": {func(f *os.File) io.Reader { return io.LimitReader(f, 1<<40) }, skip, size, size},
		"nothing":    {func(f *os.File) io.Reader { return io.LimitReader(f, 0) }, skip, skip, skip},
		"negative":   {func(f *os.File) io.Reader { return io.LimitReader(f, -1) }, skip, skip, skip},
		"section":    {func(f *os.File) io.Reader { return io.NewSectionReader(f, 7, 3<<20) }, 7, 7 + 3<<20, skip},
		"section that was read": {func(f *os.File) io.Reader {
			r := io.NewSectionReader(f, 7, 3<<20)
			r.Seek(5, io.SeekStart)
			return r
		}, 12, 7 + 3<<20, skip},
		"limited section": {func(f *os.File) io.Reader { return io.LimitReader(io.NewSectionReader(f, 7, 3<<20), 9) }, 7, 16, skip},
		"section too far": {func(f *os.File) io.Reader {
			r := io.NewSectionReader(f, 7, 10)
			r.Seek(11, io.SeekStart)
			return r
		}, 7, 7, skip},
		"beyond the end": {func(f *os.File) io.Reader { f.Seek(size+10, io.SeekStart); return f }, size, size, size + 10},
	} {
		for _, style := range styles {
			t.Run(name+"/"+style, func(t *testing.T) {
				rt := nettest.NewRuntime(t)
				s, c := connect(t, rt)
				f := tempFile(t, content)
				f.Seek(skip, io.SeekStart)
				src := test.source(f)
				var limit int64
				l, limited := src.(*io.LimitedReader)
				if limited {
					limit = l.N
				}
				got := receive(c)
				n, err := sendFile(t, rt, style, s, src)
				s.Close()
				if want := test.to - test.from; n != want || err != nil {
					t.Errorf("%d bytes were sent, %v; want %d", n, err, want)
				}
				if b := <-got; !bytes.Equal(b, content[test.from:test.to]) {
					t.Errorf("%d bytes came, or others than were sent", len(b))
				}
				if pos := position(t, f); pos != test.after {
					t.Errorf("the file is at %d, want %d", pos, test.after)
				}
				if limited && l.N != limit-n {
					t.Errorf("the limit is %d, and was %d", l.N, limit)
				}
				if rest, err := io.ReadAll(src); len(rest) != 0 || err != nil {
					t.Errorf("%d bytes are left, %v", len(rest), err)
				}
			})
		}
	}
}

// countingFile wants to see what is read through it.
type countingFile struct {
	*os.File
	n int
}

func (c *countingFile) Read(b []byte) (int, error) {
	n, err := c.File.Read(b)
	c.n += n
	return n, err
}

// fromCopy is what io.Copy hands to a ReadFrom.
type fromCopy struct{ r io.Reader }

func (f *fromCopy) Write([]byte) (int, error)               { return 0, errors.ErrUnsupported }
func (f *fromCopy) ReadFrom(r io.Reader) (n int64, _ error) { f.r = r; return 0, nil }

func TestSendFileOfOtherReaders(t *testing.T) {
	content := random(2<<20 + 5)
	for name, test := range map[string]struct {
		source  func(t *testing.T) io.Reader
		regular bool
	}{
		"bytes": {func(t *testing.T) io.Reader { return bytes.NewReader(content) }, false},
		"pipe": {func(t *testing.T) io.Reader {
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { r.Close() })
			go func() { w.Write(content); w.Close() }()
			return r
		}, false},
		"what wraps a file": {func(t *testing.T) io.Reader { return &countingFile{File: tempFile(t, content)} }, false},
		"a file that io.Copy disguises": {func(t *testing.T) io.Reader {
			var c fromCopy
			if _, err := io.Copy(&c, tempFile(t, content)); err != nil {
				t.Fatal(err)
			}
			return c.r
		}, true},
	} {
		for _, style := range styles {
			t.Run(name+"/"+style, func(t *testing.T) {
				rt := nettest.NewRuntime(t)
				s, c := connect(t, rt)
				src := test.source(t)
				got := receive(c)
				n, err := sendFile(t, rt, style, s, src)
				s.Close()
				want := content
				if style == "poll" && !test.regular {
					wantIs(t, err, "write", errors.ErrUnsupported)
					if rest, _ := io.ReadAll(src); !bytes.Equal(rest, content) {
						t.Errorf("%d bytes are left in it", len(rest))
					}
					want = nil
				} else if err != nil {
					t.Error(err)
				}
				if b := <-got; !bytes.Equal(b, want) || n != int64(len(want)) {
					t.Errorf("%d bytes came, %d were sent, want %d", len(b), n, len(want))
				}
				if counted, ok := src.(*countingFile); ok && counted.n != len(content) {
					t.Errorf("it saw %d bytes", counted.n)
				}
			})
		}
	}
}

func TestSendFileOfAClosedFile(t *testing.T) {
	rt := nettest.NewRuntime(t)
	s, _ := connect(t, rt)
	f := tempFile(t, []byte("content"))
	f.Close()
	for _, style := range styles {
		if n, err := sendFile(t, rt, style, s, f); n != 0 || !errors.Is(err, os.ErrClosed) {
			t.Errorf("%s style: %d, %v", style, n, err)
		}
		if _, err := sendFile(t, rt, style, s, (*os.File)(nil)); !errors.Is(err, os.ErrInvalid) {
			t.Errorf("%s style, no file: %v", style, err)
		}
	}
}

// Whatever ends it, the file is where the sending has ended, and what was sent comes.
func TestSendFileEnds(t *testing.T) {
	content := random(24 << 20) // more than fits anywhere
	for name, test := range map[string]struct {
		end func(h nettest.Handle, s *tcp.Stream, f *os.File)
		op  string
		err error // nil: it ends well
	}{
		"abort":    {func(h nettest.Handle, _ *tcp.Stream, _ *os.File) { h.Abort() }, "write", core.ErrCancelled},
		"close":    {func(_ nettest.Handle, s *tcp.Stream, _ *os.File) { s.Close() }, "write", net.ErrClosed},
		"deadline": {func(_ nettest.Handle, s *tcp.Stream, _ *os.File) { s.SetWriteDeadline(time.Now()) }, "write", os.ErrDeadlineExceeded},
		"shrink":   {func(_ nettest.Handle, _ *tcp.Stream, f *os.File) { f.Truncate(1) }, "", nil},
	} {
		for _, how := range []string{"file", "loop", "limited"} {
			if name == "shrink" && how == "loop" {
				continue // it holds a piece already
			}
			t.Run(name+"/"+how, func(t *testing.T) {
				rt := nettest.NewRuntime(t)
				s, c := connect(t, rt)
				f := tempFile(t, content)
				var src io.Reader = f
				switch how {
				case "loop":
					src = &countingFile{File: f}
				case "limited":
					src = io.LimitReader(f, 23<<20)
				}
				var n int64
				var err error
				h := executor.Do(rt, func(co *coro.Co) error {
					n, err = s.SendFile(co, src)
					s.Close()
					return err
				})
				buf := make([]byte, 1<<20)
				if _, err := io.ReadFull(c, buf); err != nil { // it is under way
					t.Fatal(err)
				}
				nettest.Settle(rt) // until nothing fits anywhere
				test.end(h, s, f)
				got := receive(c)
				jerr := nettest.Finish(t, h)
				if test.err != nil {
					wantIs(t, err, test.op, test.err)
				} else if jerr != nil {
					t.Error(jerr)
				}
				b := append(buf, <-got...)
				if name == "shrink" {
					b = append(b[:len(buf)], content[len(buf):len(b)]...) // these may have gone with the file
				}
				if int64(len(b)) != n || !bytes.Equal(b, content[:n]) || n == int64(len(content)) {
					t.Errorf("%d bytes came, or others than were sent, which is %d", len(b), n)
				}
				if pos := position(t, f); pos != n && how != "loop" {
					t.Errorf("the file is at %d, though %d were sent", pos, n)
				}
				if l, ok := src.(*io.LimitedReader); ok && l.N != 23<<20-n {
					t.Errorf("the limit is %d, though %d were sent", l.N, n)
				}
			})
		}
	}
}

// Nothing is read of src if it cannot be written.
func TestSendFileToAClosedStream(t *testing.T) {
	rt := nettest.NewRuntime(t)
	for name, end := range map[string]func(s *tcp.Stream) error{
		"close":    func(s *tcp.Stream) error { s.Close(); return net.ErrClosed },
		"deadline": func(s *tcp.Stream) error { s.SetWriteDeadline(time.Now()); return os.ErrDeadlineExceeded },
	} {
		for _, style := range styles {
			t.Run(name+"/"+style, func(t *testing.T) {
				s, _ := connect(t, rt)
				f := tempFile(t, []byte("content"))
				want := end(s)
				for _, src := range []io.Reader{f, io.LimitReader(f, 0), bytes.NewReader([]byte("content"))} {
					b, isBytes := src.(*bytes.Reader)
					if isBytes && style == "poll" {
						continue
					}
					_, err := sendFile(t, rt, style, s, src)
					wantIs(t, err, "write", want)
					if pos := position(t, f); pos != 0 {
						t.Errorf("the file is at %d", pos)
					}
					if isBytes && b.Len() != 7 {
						t.Errorf("%d bytes are left", b.Len())
					}
				}
			})
		}
	}
}

func TestSendFileToAPeerThatIsGone(t *testing.T) {
	rt := nettest.NewRuntime(t)
	s, c := connect(t, rt)
	f := tempFile(t, random(32<<20))
	var n int64
	var err error
	h := executor.Do(rt, func(co *coro.Co) error { n, err = s.SendFile(co, f); return nil })
	io.ReadFull(c, make([]byte, 1<<10))
	nettest.Settle(rt)
	c.SetLinger(0)
	c.Close() // a reset
	if err := nettest.Finish(t, h); err != nil {
		t.Fatal(err)
	}
	var oe *net.OpError
	if !errors.As(err, &oe) || oe.Op != "write" {
		t.Errorf("the error is %v", err)
	}
	if pos := position(t, f); pos != n || n == 0 {
		t.Errorf("the file is at %d, though %d were sent", pos, n)
	}
}

// A task that sends and never has to wait still yields.
func TestSendFileSpendsTheBudget(t *testing.T) {
	for _, style := range styles {
		t.Run(style, func(t *testing.T) {
			rt, err := executor.New(executor.Options{Workers: 1})
			if err != nil {
				t.Skip(err)
			}
			defer rt.Close()
			s, c := connect(t, rt)
			defer func(got <-chan []byte) { s.Close(); <-got }(receive(c))
			f := tempFile(t, make([]byte, 1000))
			over, turns := false, 0
			nettest.Do(t, rt, func(co *coro.Co) error {
				other := executor.Spawn(co, corefuture.Func(func(cx *core.Context) (int, bool) {
					if turns++; !over {
						cx.Yield()
					}
					return 0, over
				}))
				defer func() { over = true; other.Join(co) }()
				if style == "direct" {
					for range 1000 {
						if _, err := s.SendFile(co, io.LimitReader(f, 1)); err != nil {
							return err
						}
					}
					return nil
				}
				left := 1000
				_, err := coro.Await(co, corefuture.Func(func(cx *core.Context) (int, bool) {
					for left > 0 {
						n, ready, err := s.PollSendFile(cx, io.LimitReader(f, 1))
						if !ready || err != nil {
							return 0, ready
						}
						left -= int(n)
					}
					return 0, true
				}))
				return err
			})
			if turns < 1000/core.DefaultBudget {
				t.Errorf("another task had %d turns", turns)
			}
		})
	}
}
