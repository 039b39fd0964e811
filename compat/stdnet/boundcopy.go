package stdnet

import (
	"io"
	"net"
	"os"
	"reflect"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor/net/stream"
)

// This file has what io.Copy and net.Buffers use instead of Read and Write.

// ReadFrom writes what it reads from r, until that ends.
func (c *boundConn) ReadFrom(r io.Reader) (n int64, err error) {
	if !c.owned() {
		return 0, c.foreign("write")
	}
	if src := ownedStream(r); src != nil {
		if s, ok := c.s.(streamReaderFrom); ok {
			return s.ReadFrom(c.co, src)
		}
		return stream.Copy(c.co, c.s, src)
	}
	if s, ok := c.s.(fileSender); ok {
		return s.SendFile(c.co, fileIn(r))
	}
	return io.Copy(struct{ io.Writer }{c}, r)
}

// WriteTo writes to w what it reads, until the stream ends.
func (c *boundConn) WriteTo(w io.Writer) (n int64, err error) {
	if !c.owned() {
		return 0, c.foreign("read")
	}
	if dst := ownedStream(w); dst != nil {
		if s, ok := c.s.(streamWriterTo); ok {
			return s.WriteTo(c.co, dst)
		}
		return stream.Copy(c.co, dst, c.s)
	}
	return io.Copy(w, struct{ io.Reader }{c})
}

// What streams have for copies.
type (
	streamReaderFrom interface {
		ReadFrom(co *coro.Co, src stream.Reader) (int64, error)
	}
	streamWriterTo interface {
		WriteTo(co *coro.Co, dst stream.Writer) (int64, error)
	}
	fileSender interface {
		SendFile(co *coro.Co, src io.Reader) (int64, error)
	}
	buffersWriter interface {
		WriteBuffers(co *coro.Co, bufs *net.Buffers) (int64, error)
	}
)

// ownedStream returns the stream of a connection that is bound to the caller's body, or nil: a connection that is bound to
// another one reports that itself when it is used.
func ownedStream(x any) Stream {
	b, ok := x.(interface{ bound() *boundConn })
	if !ok || !b.bound().owned() {
		return nil
	}
	return b.bound().s
}

func (c *boundConn) bound() *boundConn { return c }

// fileIn returns the *os.File in r, if r is the type that package os hides the WriteTo of a file with: io.Copy calls that
// WriteTo, and it calls io.Copy again. Other types with a file in them may read in a way of their own.
func fileIn(r io.Reader) io.Reader {
	v := reflect.ValueOf(r)
	if !v.IsValid() || v.Kind() != reflect.Struct || v.Type().PkgPath() != "os" {
		return r
	}
	if f := v.FieldByName("File"); f.IsValid() && f.CanInterface() {
		if file, ok := f.Interface().(*os.File); ok {
			return file
		}
	}
	return r
}
