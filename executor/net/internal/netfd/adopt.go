package netfd

import (
	"fmt"
	"io"
	"net"
	"os"
	"syscall"

	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
)

// Adopt duplicates the descriptor of c, a net.Conn, a net.PacketConn or an *os.File, if it is what the caller wants, and
// makes it non-blocking. The descriptor is never in blocking mode on the way; the File methods of package net and the Fd
// of a file do not promise that. c stays open.
func Adopt(c any, want Wanted) (fd int, d sys.Description, err error) {
	sc, ok := c.(syscall.Conn)
	if !ok {
		return -1, d, &kindError{have: fmt.Sprintf("a %T, which has no SyscallConn", c), want: want}
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return -1, d, err
	}
	var derr error
	if err := raw.Control(func(s uintptr) { fd, derr = sys.Dup(int(s)) }); err != nil {
		if _, ok := c.(*os.File); ok {
			err = os.ErrClosed // the only reason, and the error of the RawConn is not that
		}
		return -1, d, err
	}
	switch {
	case derr == sys.ErrNotSocket:
		return -1, d, &kindError{have: d.String(), want: want}
	case derr != nil:
		return -1, d, derr
	}
	if d, err = want.check(fd); err == nil {
		err = sys.SetNonblock(fd)
	}
	if err != nil {
		_ = sys.Close(fd)
		return -1, d, err
	}
	return fd, d, nil
}

// CloseOriginal closes c, of which fd is the duplicate that an Adopt has made. Whatever the Close returns, fd has the
// socket. A Close of package net returns when no operation of c is pending.
func CloseOriginal(c io.Closer, fd int) {
	_ = c.Close()
	sys.Detach(fd)
}

// A Wanted is the kind of socket that a caller of Adopt wants.
type Wanted struct {
	Network   string
	Listens   bool
	Connected bool // ignored for one that listens
}

func (w Wanted) String() string {
	kind := sys.KindOf(w.Network) + " socket"
	switch {
	case w.Listens:
		return "a listening " + kind
	case w.Connected:
		return "a connected " + kind
	}
	return "a " + kind
}

func (w Wanted) check(fd int) (sys.Description, error) {
	d, err := sys.Describe(fd)
	switch {
	case err != nil:
		return d, err
	case d.Network != w.Network,
		w.Listens && (!d.Listens && (sys.ReportsListening || d.Connected)),
		!w.Listens && (d.Listens || w.Connected && !d.Connected):
		return d, &kindError{have: d.String(), want: w}
	}
	return d, nil
}

// A kindError is the error of a descriptor that is not what is wanted. It is syscall.EINVAL.
type kindError struct {
	have string
	want Wanted
}

func (e *kindError) Error() string { return e.have + ", and not " + e.want.String() }
func (e *kindError) Unwrap() error { return syscall.EINVAL }

// AdoptError gives err of an Adopt the shape that the errors of sockets have.
func AdoptError(c any, network string, err error) error {
	oe := &net.OpError{Op: "adopt", Net: network, Err: err}
	switch c := c.(type) {
	case *os.File:
		if c != nil {
			oe.Addr = fileAddr(c.Name())
		}
	case net.Conn:
		oe.Source, oe.Addr = c.LocalAddr(), c.RemoteAddr()
	case net.PacketConn:
		oe.Addr = c.LocalAddr()
	}
	return oe
}

// fileAddr is the name of a file, for errors.
type fileAddr string

func (fileAddr) Network() string  { return "file" }
func (a fileAddr) String() string { return string(a) }

// File returns a duplicate of the descriptor as a file with a name, close-on-exec.
func (f *FD) File(name string) (*os.File, error) {
	if err := f.Acquire(); err != nil {
		return nil, err
	}
	defer f.Release()
	return sys.DupFile(f.Sysfd(), name)
}

// File is that of FD.
func (a *Acceptor) File(name string) (*os.File, error) {
	a.using.RLock()
	defer a.using.RUnlock()
	return a.FD.File(name)
}
