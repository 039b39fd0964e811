package unix

import (
	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
)

// A Seqpacket is a connection that keeps the borders of messages. It comes from
// [SeqpacketListener.Accept], [DialSeqpacket] or [SeqpacketPair]. Darwin has none.
type Seqpacket struct{ messages }

func newSeqpacket(fd int) *Seqpacket {
	s := &Seqpacket{}
	s.init(fd, sys.Seqpacket)
	return s
}

// SeqpacketPair makes two connections that are each other's peers.
func SeqpacketPair() (a, b *Seqpacket, err error) {
	x, y, err := pair(sys.Seqpacket)
	if err != nil {
		return nil, nil, err
	}
	return newSeqpacket(x), newSeqpacket(y), nil
}

// Write sends b as a message, and waits if there is no room for it. It may not be empty.
func (s *Seqpacket) Write(co *coro.Co, b []byte) (n int, err error) {
	return s.transmit(co, &outgoing{b: b})
}

// PollWrite is Write in poll style.
func (s *Seqpacket) PollWrite(cx *core.Context, b []byte) (n int, ready bool, err error) {
	return s.pollTransmit(cx, &outgoing{b: b})
}

// WriteMsg is Write with descriptors that go along.
func (s *Seqpacket) WriteMsg(co *coro.Co, b []byte, fds []int) (n int, err error) {
	return s.transmit(co, &outgoing{b: b, fds: fds})
}

// PollWriteMsg is WriteMsg in poll style.
func (s *Seqpacket) PollWriteMsg(cx *core.Context, b []byte, fds []int) (n int, ready bool, err error) {
	return s.pollTransmit(cx, &outgoing{b: b, fds: fds})
}

// PeerCredentials returns who the peer is: on Linux, Darwin and FreeBSD. Elsewhere it returns
// errors.ErrUnsupported.
func (s *Seqpacket) PeerCredentials() (Credentials, error) { return s.peerCredentials() }

// CloseWrite ends writing: the peer reads what was written and then io.EOF. Reading goes on.
func (s *Seqpacket) CloseWrite() error { return s.control("close", sys.ShutdownWrite) }

// CloseRead ends reading: what has come in can still be read, then there is io.EOF. The peer's writes
// fail with syscall.EPIPE.
func (s *Seqpacket) CloseRead() error {
	return s.control("close", func(int) error { return s.fd.ShutdownRead() })
}

// Close closes the connection. The peer can read what was written; whoever waits on s gets
// net.ErrClosed, and so does a second Close.
func (s *Seqpacket) Close() error { return s.wrap("close", s.fd.Close()) }
