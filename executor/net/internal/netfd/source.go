package netfd

import (
	"io"
	"io/fs"
	"math"
	"reflect"
	"syscall"

	"github.com/moduvex/moduvex-go/core/coro"
)

// A source is a regular file that SendFile has found in an io.Reader. It is read at offsets. At the end, settle moves
// the position of the file or section, or the limit, once by the number of bytes sent.
type source struct {
	file    file
	raw     syscall.RawConn
	limited *io.LimitedReader // nil if there is none around the rest
	section *io.SectionReader // nil if file's own position counts

	size   int64 // of file, as it was in the beginning
	off    int64 // of what is sent next
	left   int64 // how much may still be sent
	sent   int64
	copied bool // the system will not send it: it is read and written

	buf, held []byte // held are the bytes at off, in buf
}

// file is the part of *os.File that a source needs.
type file interface {
	io.Reader
	io.ReaderAt
	io.Seeker
	Stat() (fs.FileInfo, error)
	SyscallConn() (syscall.RawConn, error)
}

// openSource looks for a regular file in src: an *os.File, or an io.SectionReader of one, or an
// io.LimitedReader of either. The error is the file's.
func openSource(src io.Reader) (s source, ok bool, err error) {
	s.left = math.MaxInt64
	if l, ok := src.(*io.LimitedReader); ok {
		s.limited, s.left, src = l, l.N, l.R
	}
	var base int64
	var inner any = src
	if r, ok := src.(*io.SectionReader); ok {
		s.section = r
		inner, base, _ = r.Outer()
	}
	if !isFile(inner) {
		return s, false, nil
	}
	s.file = inner.(file)
	info, err := s.file.Stat()
	if err != nil {
		// On Windows, Stat of a closed file returns the error of the system, and not os.ErrClosed as Seek does.
		if _, closed := s.file.Seek(0, io.SeekCurrent); closed != nil {
			err = closed
		}
	}
	if err != nil || !info.Mode().IsRegular() {
		return s, false, err // a pipe may be empty for a while, which would look like a full socket
	}
	s.size = info.Size()
	if s.raw, err = s.file.SyscallConn(); err != nil {
		return s, false, err
	}
	var seeker io.Seeker = s.file
	if s.section != nil {
		seeker = s.section
	}
	pos, err := seeker.Seek(0, io.SeekCurrent)
	if err != nil {
		return s, false, err
	}
	s.off = base + pos
	if s.section != nil {
		s.left = min(s.left, s.section.Size()-pos)
	}
	return s, true, nil
}

// isFile reports whether x is an *os.File, or a type of package os that wraps one: io.Copy passes such a type to a
// ReadFrom. Other types that wrap a file may override its Read, so they are read.
func isFile(x any) bool {
	if _, ok := x.(file); !ok {
		return false
	}
	t := reflect.TypeOf(x)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.PkgPath() == "os"
}

// took records that n bytes were sent.
func (s *source) took(n int) {
	s.off += int64(n)
	s.left -= int64(n)
	s.sent += int64(n)
}

// fill reads into held if that is empty.
func (s *source) fill() error {
	if len(s.held) > 0 {
		return nil
	}
	if s.buf == nil {
		s.buf = make([]byte, CopyBuffer)
	}
	n, err := s.file.ReadAt(s.buf[:min(s.left, CopyBuffer)], s.off)
	if n == 0 && err == nil {
		err = io.ErrNoProgress
	}
	if n > 0 {
		err = nil // the next ReadAt returns it again
	}
	s.held = s.buf[:n]
	return err
}

// settle takes the bytes that were sent out of the reader that the source was found in. It cannot fail, unless the
// file has been closed meanwhile.
func (s *source) settle() {
	if s.limited != nil {
		s.limited.N -= s.sent
	}
	switch {
	case s.sent == 0:
	case s.section != nil:
		_, _ = s.section.Seek(s.sent, io.SeekCurrent)
	default:
		_, _ = s.file.Seek(s.off, io.SeekStart)
	}
}

// A BlockingReader reads from an io.Reader in direct style. Its Read blocks the worker.
type BlockingReader struct{ R io.Reader }

func (r BlockingReader) Read(_ *coro.Co, b []byte) (int, error) { return r.R.Read(b) }
