package stdnet

import (
	"io"
	"math"
	"net"
	"os"
	"reflect"
	"syscall"

	"github.com/moduvex/moduvex-go/executor/net/unix"
)

// An end is a connection that the system moves bytes from or to: one of ours, or one of package net. Its functions repeat f
// until it returns true, and in between wait for the connection.
type end struct {
	read, write func(f func(fd uintptr) (done bool)) error
	lock        func() error // what a writer takes, and gives back by unlock; nil for an end that does so itself
	unlock      func()
}

// ofConn returns the end of a connection of ours.
func ofConn(c *conn) end { return end{c.rawRead, c.rawWrite, c.lockWrites, c.writing.Unlock} }

// endOf returns the end behind a reader or a writer. A type that embeds a connection is none, since it may override its
// methods; net's own types, which hide methods, are.
func endOf(x any) (e end, ok bool) {
	switch c := x.(type) {
	case *TCPConn:
		return ofConn(&c.conn), true
	case *UnixConn:
		_, ok := c.sock.(*unix.Stream)
		return ofConn(&c.conn), ok
	}
	c, ok := x.(interface {
		syscall.Conn
		LocalAddr() net.Addr
	})
	if !ok || !ofNet(x) {
		return e, false
	}
	switch a := c.LocalAddr().(type) {
	case *net.TCPAddr:
		ok = a != nil
	case *net.UnixAddr:
		ok = a != nil && a.Net == "unix"
	default:
		ok = false
	}
	raw, err := c.SyscallConn()
	if !ok || err != nil {
		return e, false
	}
	return end{read: raw.Read, write: raw.Write}, true
}

// ofNet reports whether the type of x is of package net.
func ofNet(x any) bool {
	t := reflect.TypeOf(x)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.PkgPath() == "net"
}

// spliceFrom moves the bytes of r to c past the process, if both are connections; otherwise handled is false.
func spliceFrom(c *conn, r io.Reader) (n int64, handled bool, err error) {
	left := int64(math.MaxInt64)
	limited, ok := r.(*io.LimitedReader)
	if ok {
		left, r = limited.N, limited.R
		defer func() { limited.N -= n }()
	}
	src, ok := endOf(r)
	if !ok {
		return 0, false, nil
	}
	return splice(ofConn(c), src, left)
}

// spliceTo moves the bytes of c to w.
func spliceTo(c *conn, w io.Writer) (n int64, handled bool, err error) {
	dst, ok := endOf(w)
	if !ok {
		return 0, false, nil
	}
	return splice(dst, end{read: c.rawRead}, math.MaxInt64)
}

// splicePipe is how much a pipe is asked to hold, as in package net; maxSplice is how much one call moves.
const (
	splicePipe = 1 << 20
	maxSplice  = 1 << 20
)

const (
	spliceMove     = 0x1   // SPLICE_F_MOVE
	spliceNonblock = 0x2   // SPLICE_F_NONBLOCK
	setPipeSize    = 0x407 // F_SETPIPE_SZ
)

// splice moves bytes from src to dst through a pipe until src ends or left bytes are moved. If the system cannot do that,
// handled is false; then the caller goes on after the n bytes that were moved.
func splice(dst, src end, left int64) (n int64, handled bool, err error) {
	var pipe [2]int
	if err := syscall.Pipe2(pipe[:], syscall.O_CLOEXEC|syscall.O_NONBLOCK); err != nil {
		return 0, false, nil
	}
	defer syscall.Close(pipe[0])
	defer syscall.Close(pipe[1])
	_, _, _ = syscall.RawSyscall(syscall.SYS_FCNTL, uintptr(pipe[0]), setPipeSize, splicePipe) // else it holds less

	for left > 0 {
		got, able, err := fill(src, pipe[1], int(min(left, maxSplice)))
		switch {
		case err != nil:
			return n, true, err
		case !able:
			return n, false, nil
		case got == 0:
			return n, true, nil
		}
		m, err := empty(dst, pipe[0], got)
		n += int64(m)
		left -= int64(m)
		if err != nil {
			return n, true, err
		}
	}
	return n, true, nil
}

// fill moves up to most bytes of src into an empty pipe, and waits for some. 0 bytes are the end. able is false if a read
// may return bytes that the system does not move: it has no splice for src, or has come to the mark of urgent data, at which
// splice ends, or would block, although bytes lie behind it.
func fill(src end, pipe, most int) (n int, able bool, err error) {
	able = true
	var errno error
	err = src.read(func(fd uintptr) bool {
		m, err := spliceOnce(int(fd), pipe, most)
		n, errno = max(m, 0), err
		if m > 0 || err != nil && err != syscall.EAGAIN {
			return true
		}
		var b [1]byte
		peeked, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		if err == syscall.EAGAIN || err == syscall.EINTR {
			return false
		}
		able, errno = peeked <= 0, err
		return true
	})
	switch {
	case err != nil:
		return 0, true, cause(err)
	case errno == syscall.EINVAL || errno == syscall.ENOSYS || errno == syscall.EOPNOTSUPP:
		return 0, false, nil
	case errno != nil:
		return 0, true, os.NewSyscallError("splice", errno)
	}
	return n, able, nil
}

// empty moves the n bytes in the pipe to dst.
func empty(dst end, pipe, n int) (written int, err error) {
	if dst.lock != nil {
		if err := dst.lock(); err != nil {
			return 0, err // n bytes are lost, as where io.Copy fails to write what it has read
		}
		defer dst.unlock()
	}
	for written < n {
		var m int
		var errno error
		err := dst.write(func(fd uintptr) bool {
			m, errno = spliceOnce(pipe, int(fd), n-written)
			return errno != syscall.EAGAIN
		})
		switch {
		case err != nil:
			return written, cause(err)
		case errno != nil:
			return written, os.NewSyscallError("splice", errno)
		case m == 0:
			return written, io.ErrUnexpectedEOF // the pipe has less than was put into it
		}
		written += m
	}
	return written, nil
}

// spliceOnce moves bytes between a socket and a pipe. A signal does not end it.
func spliceOnce(from, to, most int) (n int, err error) {
	for {
		m, err := syscall.Splice(from, nil, to, nil, most, spliceMove|spliceNonblock)
		if err != syscall.EINTR {
			return int(m), err
		}
	}
}
