package unix

import (
	"errors"
	"io"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor/net/internal/netfd"
	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
	"github.com/moduvex/moduvex-go/reactor"
)

// This file receives and sends messages, with descriptors or without, for all kinds of sockets.

// errNoByte is the error of an empty message: a stream carries descriptors only together with a byte, and on a
// Seqpacket an empty message looks like the end.
var errNoByte = errors.New("unix: there must be at least a byte")

// An incoming has the arguments of a read.
type incoming struct {
	b    []byte
	fds  []int
	peek bool
	msg  bool      // it is a ReadMsg: the loss of a descriptor is an error
	name *sys.Name // nil if the caller does not need it
}

func (s *socket) receive(co *coro.Co, in *incoming) (r sys.Message, err error) {
	r, err = netfd.Wait(co, &s.fd, reactor.Read, func(cx *core.Context) (sys.Message, netfd.Progress, error) {
		return s.recv(cx, in)
	})
	return s.received(in, r, err)
}

func (s *socket) pollReceive(cx *core.Context, in *incoming) (r sys.Message, ready bool, err error) {
	r, ready, err = netfd.Poll(cx, &s.fd, func(cx *core.Context) (sys.Message, netfd.Progress, error) {
		return s.recv(cx, in)
	})
	if ready {
		r, err = s.received(in, r, err)
	}
	return r, ready, err
}

func (s *socket) recv(cx *core.Context, in *incoming) (r sys.Message, p netfd.Progress, err error) {
	if s.kind == sys.Stream && len(in.b) == 0 {
		return r, netfd.Done, s.fd.Check(cx, reactor.Read)
	}
	t := s.fd.Try(cx, reactor.Read)
	for t.Next() {
		var errno sys.Errno
		r, errno = sys.RecvLocal(s.fd.Sysfd(), in.b, in.fds, in.peek, in.name)
		t.Tried("recvmsg", errno)
	}
	p, err = t.End()
	return r, p, err
}

// received returns the results of a read.
func (s *socket) received(in *incoming, r sys.Message, err error) (sys.Message, error) {
	switch {
	case err != nil:
		return sys.Message{}, s.failed("read", err)
	case r.N == 0 && r.FDs == 0 && !r.Lost && s.ends(in, r):
		return r, io.EOF
	case r.Truncated && s.kind != sys.Stream:
		err = io.ErrShortBuffer
	}
	if in.msg && r.Lost && err == nil {
		err = ErrDescriptorsLost
	} else if in.msg && r.Lost {
		err = errors.Join(err, ErrDescriptorsLost)
	}
	return r, s.wrap("read", err)
}

// ends reports whether a read of 0 bytes is the end.
func (s *socket) ends(in *incoming, r sys.Message) bool {
	return s.kind == sys.Stream && len(in.b) > 0 || s.kind == sys.Seqpacket && !r.Truncated
}

// An outgoing has the arguments of a write.
type outgoing struct {
	b      []byte
	fds    []int
	to     string            // the peer's name; empty where it is connected
	queues *netfd.SendQueues // nil if the reactor reports when there is room
}

// transmit sends a message, or as much of it as a stream has room for.
func (s *socket) transmit(co *coro.Co, out *outgoing) (n int, err error) {
	try := func(cx *core.Context) (int, netfd.Progress, error) { return s.send(cx, out) }
	if out.queues != nil {
		n, err = netfd.Wait(co, netfd.Receiver{Queues: out.queues, To: out.to}, reactor.Write, try)
	} else {
		n, err = netfd.Wait(co, &s.fd, reactor.Write, try)
	}
	return n, s.sent(out, err)
}

func (s *socket) pollTransmit(cx *core.Context, out *outgoing) (n int, ready bool, err error) {
	n, ready, err = netfd.Poll(cx, &s.fd, func(cx *core.Context) (int, netfd.Progress, error) { return s.send(cx, out) })
	return n, ready, s.sent(out, err)
}

func (s *socket) send(cx *core.Context, out *outgoing) (n int, p netfd.Progress, err error) {
	if len(out.b) == 0 && s.kind != sys.Datagram {
		if err := s.fd.Check(cx, reactor.Write); err != nil {
			return 0, netfd.Done, err
		}
		if s.kind == sys.Stream && len(out.fds) == 0 {
			return 0, netfd.Done, nil
		}
		return 0, netfd.Done, errNoByte
	}
	b := out.b
	if s.kind == sys.Stream {
		b = b[:min(len(b), sys.MaxTransfer)]
	}
	if out.queues != nil {
		t := s.fd.Send(cx, out.queues, out.to)
		for t.Next() {
			var errno sys.Errno
			n, errno = sys.SendLocal(s.fd.Sysfd(), b, out.fds, out.to)
			t.Tried("sendmsg", errno)
		}
		p, err = t.End()
		return n, p, err
	}
	t := s.fd.Try(cx, reactor.Write)
	for t.Next() {
		var errno sys.Errno
		n, errno = sys.SendLocal(s.fd.Sysfd(), b, out.fds, out.to)
		t.Tried("sendmsg", errno)
	}
	p, err = t.End()
	return n, p, err
}

func (s *socket) sent(out *outgoing, err error) error {
	if err != nil {
		return s.failedTo("write", out.to, err)
	}
	return nil
}

// messages has the methods that Seqpacket and Datagram have in common.
type messages struct{ socket }

// Read receives a message, and waits if there is none. Of a message of more than len(b) bytes it returns the first
// len(b), with io.ErrShortBuffer.
func (s *messages) Read(co *coro.Co, b []byte) (n int, err error) {
	r, err := s.receive(co, &incoming{b: b})
	return r.N, err
}

// PollRead is Read in poll style.
func (s *messages) PollRead(cx *core.Context, b []byte) (n int, ready bool, err error) {
	r, ready, err := s.pollReceive(cx, &incoming{b: b})
	return r.N, ready, err
}

// Peek is Read without taking the message out: the next read returns it again, also the bytes that Peek had no room
// for.
func (s *messages) Peek(co *coro.Co, b []byte) (n int, err error) {
	r, err := s.receive(co, &incoming{b: b, peek: true})
	return r.N, err
}

// PollPeek is Peek in poll style.
func (s *messages) PollPeek(cx *core.Context, b []byte) (n int, ready bool, err error) {
	r, ready, err := s.pollReceive(cx, &incoming{b: b, peek: true})
	return r.N, ready, err
}

// ReadMsg is Read with the descriptors that come with the message: it returns them in fds[:nfds]. If there is no room
// for all, it returns ErrDescriptorsLost beside the others.
func (s *messages) ReadMsg(co *coro.Co, b []byte, fds []int) (n, nfds int, err error) {
	r, err := s.receive(co, &incoming{b: b, fds: fds, msg: true})
	return r.N, r.FDs, err
}

// PollReadMsg is ReadMsg in poll style.
func (s *messages) PollReadMsg(cx *core.Context, b []byte, fds []int) (n, nfds int, ready bool, err error) {
	r, ready, err := s.pollReceive(cx, &incoming{b: b, fds: fds, msg: true})
	return r.N, r.FDs, ready, err
}
