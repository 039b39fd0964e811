package stdnet_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/moduvex/moduvex-go/executor"
)

func randomBytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(b)
	return b
}

// received reads c to its end on a goroutine, and returns the sum of the bytes.
func received(c net.Conn) <-chan string {
	sum := make(chan string, 1)
	go func() {
		h := sha256.New()
		n, err := io.Copy(h, struct{ io.Reader }{c})
		sum <- fmt.Sprintf("%d %x %v", n, h.Sum(nil), err)
	}()
	return sum
}

func sumOf(b []byte) string { return fmt.Sprintf("%d %x %v", len(b), sha256.Sum256(b), nil) }

// A file arrives whole, its limit is kept, and its position moves, as with package net.
func TestFreeSendsFilesWholeAndWithinTheirLimit(t *testing.T) {
	data := randomBytes(3 << 20)
	path := fileWith(t, data)
	compare(t, func(t *testing.T, s side) (out []string) {
		for _, limit := range []int64{0, 1, 1 << 20, int64(len(data)), int64(len(data)) + 5} {
			f, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			c, peer := connected(t, s, netSide(), "tcp")
			sum := received(peer)
			r := &io.LimitedReader{R: f, N: limit}
			n, err := c.(io.ReaderFrom).ReadFrom(r)
			pos, _ := f.Seek(0, io.SeekCurrent)
			c.Close()
			f.Close()
			want := sumOf(data[:min(limit, int64(len(data)))])
			if got := <-sum; got != want {
				t.Errorf("%s: the peer got %s, not %s", s.name, got, want)
			}
			out = append(out, fmt.Sprint(n, err, r.N, pos))
		}
		c, _ := connected(t, s, netSide(), "tcp")
		c.Close()
		n, err := c.(io.ReaderFrom).ReadFrom(bytes.NewReader(data))
		return append(out, fmt.Sprint(n), said(c, err))
	})
}

// Bytes pass through a proxy in every pair of kinds of connections, with a limit and without, in few large steps and in
// many small ones.
func TestFreeCopiesBetweenConnections(t *testing.T) {
	rt := newRuntime(t, executor.Options{})
	data := randomBytes(2 << 20)
	kinds := []string{"free tcp", "net tcp", "free unix", "net unix"}
	if runtime.GOOS == "windows" {
		kinds = kinds[:2]
	}
	pair := func(kind string) (c, peer net.Conn) {
		s := freeSide(rt)
		if strings.HasPrefix(kind, "net") {
			s = netSide()
		}
		return connected(t, s, netSide(), kind[strings.Index(kind, " ")+1:])
	}
	for _, from := range kinds {
		for _, to := range kinds {
			if strings.HasPrefix(from, "net") && strings.HasPrefix(to, "net") {
				continue
			}
			for _, limit := range []int64{-1, 1 << 20} {
				t.Run(fmt.Sprint(from, " to ", to, " ", limit), func(t *testing.T) {
					src, in := pair(from)
					dst, out := pair(to)
					sum := received(out)
					go func() {
						for b := data; len(b) > 0; {
							n := min(len(b), 1+rand.IntN(100_000))
							in.Write(b[:n])
							b = b[n:]
						}
						in.Close()
					}()
					want := data
					var r io.Reader = src
					if limit >= 0 {
						r, want = io.LimitReader(src, limit), data[:limit]
					}
					n, err := io.Copy(dst, r)
					dst.Close()
					if n != int64(len(want)) || err != nil {
						t.Errorf("copied %d, %v", n, err)
					}
					if got := <-sum; got != sumOf(want) {
						t.Errorf("the peer got %s, not %s", got, sumOf(want))
					}
				})
			}
		}
	}
}

// A copy ends with the deadline of its source, and with that of its destination.
func TestFreeCopyEndsWithTheDeadlineOfEitherEnd(t *testing.T) {
	rt := newRuntime(t, executor.Options{})
	src, in := connected(t, freeSide(rt), netSide(), "tcp")
	dst, _ := connected(t, freeSide(rt), netSide(), "tcp")
	ended := waiting(func() error { _, err := io.Copy(dst, src); return err })
	src.SetReadDeadline(longAgo)
	if err := <-ended; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the deadline of the source: %v", err)
	}
	src, in = connected(t, freeSide(rt), netSide(), "tcp")
	go func() {
		for {
			if _, err := in.Write(make([]byte, 1<<16)); err != nil {
				return
			}
		}
	}()
	ended = waiting(func() error { _, err := io.Copy(dst, src); return err })
	dst.Close()
	if err := <-ended; !errors.Is(err, net.ErrClosed) {
		t.Errorf("the close of the destination: %v", err)
	}
}

func TestFreeWritesBuffersInOrder(t *testing.T) {
	rt := newRuntime(t, executor.Options{})
	for _, network := range []string{"tcp", "unix"} {
		if network == "unix" && runtime.GOOS == "windows" {
			continue
		}
		c, peer := connected(t, freeSide(rt), netSide(), network)
		sum := received(peer)
		data := randomBytes(3 << 20)
		var bufs net.Buffers
		for b := data; len(b) > 0; {
			n := min(len(b), rand.IntN(10_000))
			bufs = append(bufs, b[:n])
			b = b[n:]
		}
		n, err := c.(interface {
			WriteBuffers(*net.Buffers) (int64, error)
		}).WriteBuffers(&bufs)
		c.Close()
		if n != int64(len(data)) || err != nil || len(bufs) != 0 {
			t.Errorf("%s: %d, %v, %d buffers left", network, n, err, len(bufs))
		}
		if got := <-sum; got != sumOf(data) {
			t.Errorf("%s: the peer got %s", network, got)
		}
	}
}
