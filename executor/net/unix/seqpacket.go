package unix

import (
	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
)

// A Seqpacket is a connection that keeps the boundaries of messages. [SeqpacketListener.Accept], [DialSeqpacket] and
// [SeqpacketPair] return one; a zero Seqpacket is closed. Darwin has none.
type Seqpacket struct{ messages }

func newSeqpacket(fd int) *Seqpacket {
	s := &Seqpacket{}
	s.init(fd, sys.Seqpacket)
	return s
}

// SeqpacketPair makes two connections that are peers of each other.
func SeqpacketPair() (a, b *Seqpacket, err error) {
	x, y, err := pair(sys.Seqpacket)
	if err != nil {
		return nil, nil, err
	}
	return newSeqpacket(x), newSeqpacket(y), nil
}

// Write sends b as a message, and waits if there is no room for it. b must not be empty.
func (s *Seqpacket) Write(co *coro.Co, b []byte) (n int, err error) {
	return s.transmit(co, &outgoing{b: b})
}

// PollWrite is Write in poll style.
func (s *Seqpacket) PollWrite(cx *core.Context, b []byte) (n int, ready bool, err error) {
	return s.pollTransmit(cx, &outgoing{b: b})
}

// WriteMsg is Write with descriptors that go with the message.
func (s *Seqpacket) WriteMsg(co *coro.Co, b []byte, fds []int) (n int, err error) {
	return s.transmit(co, &outgoing{b: b, fds: fds})
}

// PollWriteMsg is WriteMsg in poll style.
func (s *Seqpacket) PollWriteMsg(cx *core.Context, b []byte, fds []int) (n int, ready bool, err error) {
	return s.pollTransmit(cx, &outgoing{b: b, fds: fds})
}

// PeerCredentials returns the process of the peer on Linux, Darwin and FreeBSD, and errors.ErrUnsupported on other
// systems.
func (s *Seqpacket) PeerCredentials() (Credentials, error) { return s.peerCredentials() }

// CloseWrite ends writing: the peer reads the bytes that were written and then io.EOF. Reading goes on.
func (s *Seqpacket) CloseWrite() error { return s.control("close", sys.ShutdownWrite) }

// CloseRead ends reading: bytes that have arrived can still be read, and then reads return io.EOF. The writes of the
// peer fail with syscall.EPIPE.
func (s *Seqpacket) CloseRead() error {
	return s.control("close", func(int) error { return s.fd.ShutdownRead() })
}

// Close closes the connection. The peer can still read the bytes that were written. Pending operations and a second
// Close return net.ErrClosed.
func (s *Seqpacket) Close() error { return s.wrap("close", s.fd.Close()) }
