package tcp_test

import (
	"bytes"
	"io"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/stream"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
)

// Splice stops at the mark of urgent data, and says 0 or EAGAIN there. No byte behind it may be lost.
//
// Regression: a copy in bulk ended at an urgent byte, without an error.
func TestCopyGetsPastUrgentData(t *testing.T) {
	copies := map[string]func(co *coro.Co, dst, src *tcp.Stream) (int64, error){
		"Copy":     func(co *coro.Co, dst, src *tcp.Stream) (int64, error) { return stream.Copy(co, dst, src) },
		"ReadFrom": func(co *coro.Co, dst, src *tcp.Stream) (int64, error) { return dst.ReadFrom(co, src) },
		"WriteTo":  func(co *coro.Co, dst, src *tcp.Stream) (int64, error) { return src.WriteTo(co, dst) },
		"CopyBidirectional": func(co *coro.Co, dst, src *tcp.Stream) (int64, error) {
			_, n, err := stream.CopyBidirectional(co, src, dst)
			return n, err
		},
		"poll style": func(co *coro.Co, dst, src *tcp.Stream) (int64, error) {
			n, err := coro.Await[copied](co, &pollCopy{dst: dst, src: src})
			if err == nil {
				err = n.err
			}
			return n.n, err
		},
	}
	for name, copy := range copies {
		t.Run(name, func(t *testing.T) {
			for _, end := range []string{"more comes", "the end comes at once", "the mark is last"} {
				t.Run(end, func(t *testing.T) {
					// Bytes that come slowly are not spliced: then the copy is right, and shows nothing.
					const attempts = 50
					for range attempts {
						if copyPastUrgentData(t, copy, end) || name == "poll style" || t.Failed() {
							return
						}
					}
					t.Errorf("no pipe in %d copies", attempts)
				})
			}
		})
	}
}

// copyPastUrgentData reports whether the bytes before the mark went through a pipe.
func copyPastUrgentData(t *testing.T, copy func(co *coro.Co, dst, src *tcp.Stream) (int64, error), end string) (spliced bool) {
	rt := nettest.NewRuntime(t)
	from, in := connect(t, rt)
	to, out := connect(t, rt)
	msg := random(4 << 20)
	const before = 2 << 20
	var n int64
	h := executor.Do(rt, func(co *coro.Co) (err error) {
		n, err = copy(co, to, from)
		to.CloseWrite()
		return err
	})
	none := openPipes()
	wrote := make(chan struct{})
	go func() {
		defer close(wrote)
		in.Write(msg[:before])
	}()
	var got bytes.Buffer
	for !spliced && got.Len() < before {
		if _, err := io.CopyN(&got, out, 64<<10); err != nil {
			t.Fatal(err)
		}
		spliced = openPipes() > none
	}
	sent := before
	switch end {
	case "more comes":
		if _, err := io.CopyN(&got, out, int64(before-got.Len())); err != nil { // the copy waits for more
			t.Fatal(err)
		}
		sendUrgent(t, in, '!')
		go in.Write(msg[before:])
		sent = len(msg)
		if _, err := io.CopyN(&got, out, int64(sent-got.Len())); err != nil {
			t.Fatal(err)
		}
		in.CloseWrite()
	case "the end comes at once":
		sent = len(msg)
		rest := make(chan struct{})
		defer func() { <-rest }()
		go func() {
			defer close(rest)
			<-wrote
			sendUrgent(t, in, '!') // behind what is on its way
			in.Write(msg[before:])
			in.CloseWrite()
		}()
	case "the mark is last":
		rest := make(chan struct{})
		defer func() { <-rest }()
		go func() {
			defer close(rest)
			<-wrote
			sendUrgent(t, in, '!')
			in.CloseWrite()
		}()
	}
	out.CloseWrite() // for the other direction of CopyBidirectional
	if _, err := io.Copy(&got, out); err != nil {
		t.Error(err)
	}
	if err := nettest.Finish(t, h); err != nil || n != int64(sent) {
		t.Errorf("%d bytes were copied of %d, %v", n, sent, err)
	}
	if !bytes.Equal(got.Bytes(), msg[:sent]) {
		t.Errorf("%d bytes came of %d, or others", got.Len(), sent)
	}
	return spliced
}

type copied struct {
	n   int64
	err error
}

// A pollCopy copies in poll style.
type pollCopy struct {
	dst, src *tcp.Stream
	buf      [64 << 10]byte
	left     []byte
	n        int64
}

func (c *pollCopy) Poll(cx *core.Context) (copied, bool) {
	for {
		for len(c.left) > 0 {
			n, ready, err := c.dst.PollWrite(cx, c.left)
			if !ready || err != nil {
				return copied{c.n, err}, ready
			}
			c.n += int64(n)
			c.left = c.left[n:]
		}
		n, ready, err := c.src.PollRead(cx, c.buf[:])
		if err == io.EOF {
			return copied{n: c.n}, true
		}
		if !ready || err != nil {
			return copied{c.n, err}, ready
		}
		c.left = c.buf[:n]
	}
}

// At each of many marks the copy gets on. Of urgent bytes that follow each other closely, the earlier ones become
// part of the stream.
//
// Regression: a copy in bulk took the mark of urgent data for the end.
func TestCopyGetsPastManyMarks(t *testing.T) {
	rt := nettest.NewRuntime(t)
	from, in := connect(t, rt)
	to, out := connect(t, rt)
	var n int64
	h := executor.Do(rt, func(co *coro.Co) (err error) {
		n, err = stream.Copy(co, to, from)
		to.CloseWrite()
		return err
	})
	const marks, size = 16, 100_000
	msg := bytes.ReplaceAll(random(marks*size), []byte("!"), []byte("?"))
	sent := make(chan struct{})
	defer func() { <-sent }()
	go func() {
		defer close(sent)
		for rest := msg; len(rest) > 0; rest = rest[size:] {
			in.Write(rest[:size])
			sendUrgent(t, in, '!')
		}
		in.CloseWrite()
	}()
	got, err := io.ReadAll(out)
	if err != nil || !bytes.Equal(bytes.ReplaceAll(got, []byte("!"), nil), msg) {
		t.Errorf("%d bytes came, changed or not all, %v", len(got), err)
	}
	if err := nettest.Finish(t, h); err != nil || int(n) != len(got) {
		t.Errorf("%d bytes were copied, %d came, %v", n, len(got), err)
	}
}

var _ core.Future[copied] = (*pollCopy)(nil)
