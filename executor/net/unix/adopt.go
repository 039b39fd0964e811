package unix

import (
	"net"
	"os"

	"github.com/moduvex/moduvex-go/executor/net/internal/netfd"
	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
)

// This file takes sockets over from packages net and os, and returns them as files.

// FromConn takes a connection over from package net: c is a *net.UnixConn of the network "unix", or another net.Conn whose
// SyscallConn is that of a connected Unix stream socket. The Stream has a duplicate of the descriptor. FromConn closes c
// only if it succeeds; reads and writes of c that are pending then fail with net.ErrClosed.
//
// The options of the socket stay as they are. Deadlines of c do not count for the Stream. A socket of another kind gives an
// error that says so. On Windows, FromConn also takes the socket away from package net's completion port: in what else
// of package net shares it, such as a file of c's File method, waits never end. Any goroutine; it does not wait.
func FromConn(c net.Conn) (*Stream, error) { return from(c, sys.Stream, newStream) }

// FromSeqpacketConn is FromConn for a connection of messages, of the network "unixpacket".
func FromSeqpacketConn(c net.Conn) (*Seqpacket, error) { return from(c, sys.Seqpacket, newSeqpacket) }

// FromDatagramConn is FromConn for a socket of messages without a connection, of the network "unixgram". It keeps its name
// and its peer, if it has any; as before, the caller removes a path.
func FromDatagramConn(c net.Conn) (*Datagram, error) { return from(c, sys.Datagram, newDatagram) }

// FileConn returns a Stream with a duplicate of f's descriptor, which must be a connected Unix stream socket. f stays open,
// and the caller closes it. The two share the socket: FileConn makes it non-blocking for both, and leaves its options as
// they are. A socket of another kind gives an error that says so.
func FileConn(f *os.File) (*Stream, error) { return adopt(f, sys.Stream, newStream) }

// FileSeqpacket is FileConn for a connection of messages.
func FileSeqpacket(f *os.File) (*Seqpacket, error) { return adopt(f, sys.Seqpacket, newSeqpacket) }

// FileDatagram is FileConn for a socket of messages without a connection.
func FileDatagram(f *os.File) (*Datagram, error) { return adopt(f, sys.Datagram, newDatagram) }

// FileListener returns a Listener with a duplicate of f's descriptor, which must be a listening Unix stream socket. f stays
// open, and the caller closes it. The two share the socket: FileListener makes it non-blocking for both. Close leaves the
// path, as in package net, since other processes may use the socket: SetUnlinkOnClose changes that. A socket of another
// kind gives an error that says so, except that Darwin, OpenBSD and Windows do not tell a socket that listens from one
// that is not connected.
func FileListener(f *os.File) (*Listener, error) {
	l := &Listener{}
	if err := l.adopt(f, sys.Stream); err != nil {
		return nil, err
	}
	return l, nil
}

// FileSeqpacketListener is FileListener for a listening seqpacket socket.
func FileSeqpacketListener(f *os.File) (*SeqpacketListener, error) {
	l := &SeqpacketListener{}
	if err := l.adopt(f, sys.Seqpacket); err != nil {
		return nil, err
	}
	return l, nil
}

func from[S any](c net.Conn, kind sys.Kind, open func(fd int) S) (none S, err error) {
	fd, err := duplicate(c, kind)
	if err != nil {
		return none, err
	}
	netfd.CloseOriginal(c, fd)
	return open(fd), nil
}

func adopt[S any](f *os.File, kind sys.Kind, open func(fd int) S) (none S, err error) {
	fd, err := duplicate(f, kind)
	if err != nil {
		return none, err
	}
	return open(fd), nil
}

func duplicate(c any, kind sys.Kind) (fd int, err error) {
	fd, _, err = netfd.Adopt(c, netfd.Wanted{Network: kind.Network(), Connected: kind != sys.Datagram})
	if err != nil {
		return -1, netfd.AdoptError(c, kind.Network(), err)
	}
	return fd, nil
}

func (l *listener) adopt(f *os.File, kind sys.Kind) error {
	fd, _, err := netfd.Adopt(f, netfd.Wanted{Network: kind.Network(), Listens: true})
	if err == nil {
		if l.name, err = sys.LocalName(fd); err != nil {
			_ = sys.Close(fd)
		}
	}
	if err != nil {
		return netfd.AdoptError(f, kind.Network(), err)
	}
	l.kind = kind
	l.fd.Init(fd, l)
	return nil
}

// File returns a duplicate of the descriptor, close-on-exec, such as for a child process. The caller closes it; the socket
// stays open. The two share the socket, which is non-blocking: a process that does not expect that mode changes it for
// both. On Windows the duplicate is one of the handle: package net takes it, and only one connection at a time of a socket.
func (s *socket) File() (*os.File, error) {
	f, err := s.fd.File(s.kind.Network() + ":" + s.LocalAddr().String() + "->" + s.RemoteAddr().String())
	return f, s.wrap("file", err)
}

// File returns a duplicate of the descriptor, close-on-exec, such as for a child process. The caller closes it; l stays
// open. The two share the socket, which is non-blocking.
func (l *listener) File() (*os.File, error) {
	f, err := l.fd.File(l.kind.Network() + ":" + l.Addr().String())
	return f, l.wrap("file", err)
}
