package activation

import (
	"os"

	"github.com/moduvex/moduvex-go/executor/net/tcp"
	"github.com/moduvex/moduvex-go/executor/net/udp"
	"github.com/moduvex/moduvex-go/executor/net/unix"
)

// A Socket is a descriptor that the manager has passed. The methods return it as a socket of this module, and close File.
// If it is of another kind they return an error that says of which, and File stays open, for another method.
type Socket struct {
	// Name is that of the manager: of the unit, unless the unit sets another one; "unknown" without LISTEN_FDNAMES.
	Name string

	// File is the descriptor, which need not be a socket. The caller may use it for something else, and close it.
	File *os.File
}

// TCPListener returns a listening TCP socket.
func (s *Socket) TCPListener() (*tcp.Listener, error) { return take(s, tcp.FileListener) }

// TCPStream returns a connected TCP socket, which a unit with Accept=yes gets.
func (s *Socket) TCPStream() (*tcp.Stream, error) { return take(s, tcp.FileConn) }

// UDP returns a UDP socket.
func (s *Socket) UDP() (*udp.Socket, error) { return take(s, udp.FileSocket) }

// UnixListener returns a listening Unix stream socket. Its Close leaves the path to the manager.
func (s *Socket) UnixListener() (*unix.Listener, error) { return take(s, unix.FileListener) }

// UnixStream returns a connected Unix stream socket, which a unit with Accept=yes gets.
func (s *Socket) UnixStream() (*unix.Stream, error) { return take(s, unix.FileConn) }

// SeqpacketListener returns a listening Unix seqpacket socket. Its Close leaves the path to the manager.
func (s *Socket) SeqpacketListener() (*unix.SeqpacketListener, error) {
	return take(s, unix.FileSeqpacketListener)
}

// Seqpacket returns a connected Unix seqpacket socket, which a unit with Accept=yes gets.
func (s *Socket) Seqpacket() (*unix.Seqpacket, error) { return take(s, unix.FileSeqpacket) }

// Datagram returns a Unix datagram socket.
func (s *Socket) Datagram() (*unix.Datagram, error) { return take(s, unix.FileDatagram) }

func take[T any](s *Socket, from func(*os.File) (T, error)) (none T, err error) {
	socket, err := from(s.File)
	if err != nil {
		return none, err
	}
	_ = s.File.Close() // socket has a duplicate
	return socket, nil
}
