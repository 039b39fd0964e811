package tcp

import (
	"net"
	"os"

	"github.com/moduvex/moduvex-go/executor/net/internal/netfd"
	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
)

// This file takes sockets over from packages net and os, and returns them as files.

// FromConn takes a connection over from package net: c is a *net.TCPConn, or another net.Conn whose SyscallConn is that
// of a connected TCP socket. The Stream has a duplicate of the descriptor. FromConn closes c only if it succeeds; reads
// and writes of c that are pending then fail with net.ErrClosed.
//
// The options of the socket stay as they are: package net has turned keep-alive on, and sets TCP_NODELAY as this package
// does. Deadlines of c do not count for the Stream. A socket of another kind, or one that has lost its peer, gives an
// error that says so. On Windows, FromConn also takes the socket away from package net's completion port: in what
// else of package net shares it, such as a file of c's File method, waits never end. Any goroutine; it does not wait.
func FromConn(c net.Conn) (*Stream, error) {
	s, err := adopt(c)
	if err != nil {
		return nil, err
	}
	netfd.CloseOriginal(c, s.fd.Sysfd())
	return s, nil
}

// FileConn returns a Stream with a duplicate of f's descriptor, which must be a connected TCP socket. f stays open, and the
// caller closes it. The two share the socket: FileConn makes it non-blocking for both, and leaves its options as they are.
// A socket of another kind gives an error that says so.
func FileConn(f *os.File) (*Stream, error) { return adopt(f) }

func adopt(c any) (*Stream, error) {
	fd, d, err := netfd.Adopt(c, netfd.Wanted{Network: "tcp", Connected: true})
	if err != nil {
		return nil, netfd.AdoptError(c, "tcp", err)
	}
	peer, err := sys.Peer(fd)
	if err != nil {
		_ = sys.Close(fd)
		return nil, netfd.AdoptError(c, "tcp", err)
	}
	s := &Stream{peer: peer}
	if d.Boundaries {
		s.fd.InitBoundaries(fd)
	} else {
		s.fd.Init(fd)
	}
	return s, nil
}

// FileListener returns a Listener with a duplicate of f's descriptor, which must be a listening TCP socket. f stays open,
// and the caller closes it; the port is free once both are closed. The two share the socket: FileListener makes it
// non-blocking for both, and leaves its options as they are. The Streams that it accepts have TCP_NODELAY set, as all do.
// A socket of another kind gives an error that says so, except that Darwin, OpenBSD and Windows do not tell a socket that
// listens from one that is not connected.
func FileListener(f *os.File) (*Listener, error) {
	fd, _, err := netfd.Adopt(f, netfd.Wanted{Network: "tcp", Listens: true})
	if err != nil {
		return nil, netfd.AdoptError(f, "tcp", err)
	}
	at, err := sys.Local(fd)
	if err != nil {
		_ = sys.Close(fd)
		return nil, netfd.AdoptError(f, "tcp", err)
	}
	l := &Listener{addr: at, adopted: true}
	l.fd.Init(fd, l)
	return l, nil
}

// File returns a duplicate of the descriptor, close-on-exec, such as for a child process. The caller closes it; s stays
// open. The two share the socket, which is non-blocking: the reads and writes of the file wait as those of a net.Conn do,
// and a process that does not expect that mode changes it for both. On Windows the duplicate is one of the handle: package
// net takes it, and only one connection at a time of a socket.
func (s *Stream) File() (*os.File, error) {
	f, err := s.fd.File("tcp:" + s.LocalAddr().String() + "->" + s.RemoteAddr().String())
	if err != nil {
		return nil, s.failed("file", err)
	}
	return f, nil
}

// File returns a duplicate of the descriptor, close-on-exec; see [Stream.File]. While it is open, the port is taken.
func (l *Listener) File() (*os.File, error) {
	f, err := l.fd.File("tcp:" + l.Addr().String())
	if err != nil {
		return nil, l.failed("file", err)
	}
	return f, nil
}
