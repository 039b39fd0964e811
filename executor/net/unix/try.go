package unix

import (
	"net"

	"github.com/moduvex/moduvex-go/executor/net/internal/netfd"
	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
	"github.com/moduvex/moduvex-go/reactor"
)

// This file has the operations that are tried once, for code without a task.

// TryRead is Read without waiting: ok is false if it would wait. Any goroutine may call it, inside a task or not. It
// fails with os.ErrDeadlineExceeded once a deadline has passed, as the other forms do.
func (s *Stream) TryRead(b []byte) (n int, ok bool, err error) {
	n, ok, err = s.fd.TryRead(b)
	return n, ok, s.wrap("read", err)
}

// TryWrite writes as much of b as there is room for: n may be less than len(b), and further calls write the rest. See
// [Stream.TryRead].
func (s *Stream) TryWrite(b []byte) (n int, ok bool, err error) {
	n, ok, err = s.fd.TryWrite(b)
	return n, ok, s.wrap("write", err)
}

// TryReadBuffers is ReadBuffers without waiting; see [Stream.TryRead].
func (s *Stream) TryReadBuffers(bufs [][]byte) (n int, ok bool, err error) {
	n, ok, err = s.fd.TryReadBuffers(bufs)
	return n, ok, s.wrap("read", err)
}

// TryWriteBuffers writes as much of bufs as there is room for, and takes it out of bufs. Further calls write the rest.
// See [Stream.TryRead].
func (s *Stream) TryWriteBuffers(bufs *net.Buffers) (n int64, ok bool, err error) {
	n, ok, err = s.fd.TryWriteBuffers(bufs)
	return n, ok, s.wrap("write", err)
}

// TryReadMsg is ReadMsg without waiting; see [Stream.TryRead].
func (s *Stream) TryReadMsg(b []byte, fds []int) (n, nfds int, ok bool, err error) {
	r, ok, err := s.tryReceive(&incoming{b: b, fds: fds, msg: true})
	return r.N, r.FDs, ok, err
}

// TryWriteMsg is WriteMsg without waiting: n may be less than len(b), and calls of TryWrite write the rest. See
// [Stream.TryRead].
func (s *Stream) TryWriteMsg(b []byte, fds []int) (n int, ok bool, err error) {
	return s.tryTransmit(&outgoing{b: b, fds: fds})
}

// TryRead is [Stream.TryRead].
func (h *ReadHalf) TryRead(b []byte) (n int, ok bool, err error) { return h.Stream().TryRead(b) }

// TryWrite is [Stream.TryWrite].
func (h *WriteHalf) TryWrite(b []byte) (n int, ok bool, err error) { return h.Stream().TryWrite(b) }

// TryRead is Read without waiting; see [Stream.TryRead].
func (s *messages) TryRead(b []byte) (n int, ok bool, err error) {
	r, ok, err := s.tryReceive(&incoming{b: b})
	return r.N, ok, err
}

// TryPeek is Peek without waiting; see [Stream.TryRead].
func (s *messages) TryPeek(b []byte) (n int, ok bool, err error) {
	r, ok, err := s.tryReceive(&incoming{b: b, peek: true})
	return r.N, ok, err
}

// TryReadMsg is ReadMsg without waiting; see [Stream.TryRead].
func (s *messages) TryReadMsg(b []byte, fds []int) (n, nfds int, ok bool, err error) {
	r, ok, err := s.tryReceive(&incoming{b: b, fds: fds, msg: true})
	return r.N, r.FDs, ok, err
}

// TryWrite is Write without waiting; see [Stream.TryRead].
func (s *Seqpacket) TryWrite(b []byte) (n int, ok bool, err error) {
	return s.tryTransmit(&outgoing{b: b})
}

// TryWriteMsg is WriteMsg without waiting; see [Stream.TryRead].
func (s *Seqpacket) TryWriteMsg(b []byte, fds []int) (n int, ok bool, err error) {
	return s.tryTransmit(&outgoing{b: b, fds: fds})
}

// TryReadFrom is ReadFrom without waiting; see [Stream.TryRead].
func (s *Datagram) TryReadFrom(b []byte) (n int, from string, ok bool, err error) {
	var name sys.Name
	r, ok, err := s.tryReceive(&incoming{b: b, name: &name})
	return r.N, s.sender(&name), ok, err
}

// TryWrite is Write without waiting; see [Stream.TryRead].
func (s *Datagram) TryWrite(b []byte) (n int, ok bool, err error) {
	return s.tryTransmit(s.outgoing(b, nil))
}

// TryWriteTo is WriteTo without waiting; see [Stream.TryRead]. It does not overtake sends to the same receiver that
// wait: while there are any, ok is false.
func (s *Datagram) TryWriteTo(b []byte, to string) (n int, ok bool, err error) {
	if err := sys.CheckName(to); err != nil {
		return 0, true, s.failedTo("write", to, err)
	}
	return s.tryTransmit(&outgoing{b: b, to: to, queues: &s.queues})
}

// TryWriteMsg is WriteMsg without waiting; see [Stream.TryRead].
func (s *Datagram) TryWriteMsg(b []byte, fds []int) (n int, ok bool, err error) {
	return s.tryTransmit(s.outgoing(b, fds))
}

// TryAccept is Accept without waiting: ok is false if there is no connection. Any goroutine may call it, inside a task or
// not. The Stream is registered with the first task or goroutine that waits for it. While the process is out of
// descriptors, or the system out of memory, TryAccept returns the error of the system; the connections stay in the
// backlog, and the caller tries again later.
func (l *Listener) TryAccept() (s *Stream, ok bool, err error) {
	c, ok, err := l.fd.TryAccept()
	if !ok || err != nil {
		return nil, ok, l.wrap("accept", err)
	}
	return newStream(c.FD), true, nil
}

// TryAccept is that of [Listener].
func (l *SeqpacketListener) TryAccept() (s *Seqpacket, ok bool, err error) {
	c, ok, err := l.fd.TryAccept()
	if !ok || err != nil {
		return nil, ok, l.wrap("accept", err)
	}
	return newSeqpacket(c.FD), true, nil
}

func (s *socket) tryReceive(in *incoming) (r sys.Message, ok bool, err error) {
	if s.kind == sys.Stream && len(in.b) == 0 {
		r, err = s.received(in, r, s.fd.CheckOnce(reactor.Read))
		return r, true, err
	}
	ok, err = s.fd.TryOnce(reactor.Read, "recvmsg", func(fd int) (errno sys.Errno) {
		r, errno = sys.RecvLocal(fd, in.b, in.fds, in.peek, in.name)
		return errno
	})
	if !ok {
		return sys.Message{}, false, nil
	}
	r, err = s.received(in, r, err)
	return r, true, err
}

func (s *socket) tryTransmit(out *outgoing) (n int, ok bool, err error) {
	if len(out.b) == 0 && s.kind != sys.Datagram {
		err := s.fd.CheckOnce(reactor.Write)
		if err == nil && (s.kind != sys.Stream || len(out.fds) > 0) {
			err = errNoByte
		}
		return 0, true, s.sent(out, err)
	}
	b := out.b
	if s.kind == sys.Stream {
		b = b[:min(len(b), sys.MaxTransfer)]
	}
	send := func(fd int) (errno sys.Errno) {
		n, errno = sys.SendLocal(fd, b, out.fds, out.to)
		return errno
	}
	if out.queues != nil {
		ok, err = s.fd.SendOnce(netfd.Receiver{Queues: out.queues, To: out.to}, "sendmsg", send)
	} else {
		ok, err = s.fd.TryOnce(reactor.Write, "sendmsg", send)
	}
	return n, ok, s.sent(out, err)
}
