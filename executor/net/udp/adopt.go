package udp

import (
	"net"
	"os"

	"github.com/moduvex/moduvex-go/executor/net/internal/netfd"
)

// This file takes sockets over from packages net and os, and returns them as files.

// FromConn takes a socket over from package net: c is a *net.UDPConn, or another net.Conn whose SyscallConn is that of a UDP
// socket, connected or not. The Socket has a duplicate of the descriptor. FromConn closes c only if it succeeds; reads and
// writes of c that are pending then fail with net.ErrClosed.
//
// The options of the socket, its address, its peer and its groups stay as they are. Deadlines of c do not count for the
// Socket. A socket of another kind gives an error that says so. Any goroutine; it does not wait.
//
// On Windows, package net has told the socket not to report that a datagram was refused, and [Socket.Connect] makes it
// report so. FromConn takes the socket away from package net's completion port: in what else of package net shares it,
// waits never end.
func FromConn(c net.Conn) (*Socket, error) { return from(c) }

// FromPacketConn is FromConn for a net.PacketConn.
func FromPacketConn(c net.PacketConn) (*Socket, error) { return from(c) }

func from(c interface{ Close() error }) (*Socket, error) {
	s, err := adopt(c)
	if err != nil {
		return nil, err
	}
	netfd.CloseOriginal(c, s.fd.Sysfd())
	return s, nil
}

// FileSocket returns a Socket with a duplicate of f's descriptor, which must be a UDP socket. f stays open, and the caller
// closes it. The two share the socket: FileSocket makes it non-blocking for both, and leaves its options as they are. A
// socket of another kind gives an error that says so.
func FileSocket(f *os.File) (*Socket, error) { return adopt(f) }

func adopt(c any) (*Socket, error) {
	fd, d, err := netfd.Adopt(c, netfd.Wanted{Network: "udp"})
	if err != nil {
		return nil, netfd.AdoptError(c, "udp", err)
	}
	s := &Socket{family: d.Family}
	s.fd.InitBoundaries(fd)
	return s, nil
}

// File returns a duplicate of the descriptor, close-on-exec, such as for a child process. The caller closes it; s stays
// open. The two share the socket, which is non-blocking: a process that does not expect that mode changes it for both. On
// Windows the duplicate is one of the handle: package net takes it, and only one connection at a time of a socket.
func (s *Socket) File() (*os.File, error) {
	f, err := s.fd.File("udp:" + s.LocalAddr().String())
	return f, s.wrap("file", err)
}
