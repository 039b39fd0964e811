package stdnet_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"

	"github.com/moduvex/moduvex-go/compat/stdnet"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
)

func TestCopiesOfBoundConns(t *testing.T) {
	const size = 3 << 20
	text := strings.Repeat("0123456789abcdef", size/16)
	name := fileWith(t, []byte(text))
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
