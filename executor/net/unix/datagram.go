package unix

import (
	"sync/atomic"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor/net/internal/netfd"
	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
	"github.com/moduvex/moduvex-go/reactor"
)

// A Datagram sends and receives messages without a connection. [Bind], [Unbound], [Connect] and [DatagramPair] return
// one; a zero Datagram is closed. No message is lost: a write waits until the receiver has room.
type Datagram struct {
	messages
	queues netfd.SendQueues

	// last is the name of the last sender, which saves an allocation if the next message is from the same one. Any
	// reader replaces it.
	last atomic.Pointer[string]
}

func newDatagram(fd int) *Datagram {
	s := &Datagram{}
	s.init(fd, sys.Datagram)
	s.queues.Init(&s.fd)
	return s
}

// Bind makes a socket with a name. Close does not remove a path: the caller does. With an empty name, Linux chooses
// an abstract one.
func Bind(name string) (*Datagram, error) {
	if name != "" || !sys.Abstract {
		if err := sys.CheckName(name); err != nil {
			return nil, openError("listen", sys.Datagram, name, err)
		}
	}
	s, err := Unbound()
	if err != nil {
		return nil, err
	}
	if err := sys.BindLocal(s.fd.Sysfd(), name); err != nil {
		_ = s.Close()
		return nil, openError("listen", sys.Datagram, name, err)
	}
	return s, nil
}

// Unbound makes a socket without a name: it can send, but receivers cannot send back.
func Unbound() (*Datagram, error) {
	fd, err := sys.LocalSocket(sys.Datagram)
	if err != nil {
		return nil, openError("listen", sys.Datagram, "", err)
	}
	return newDatagram(fd), nil
}

// Connect makes a socket without a name that is connected to the socket with the given name.
func Connect(name string) (*Datagram, error) {
	if err := sys.CheckName(name); err != nil {
		return nil, openError("dial", sys.Datagram, name, err)
	}
	s, err := Unbound()
	if err != nil {
		return nil, err
	}
	if err := s.connect(name); err != nil {
		_ = s.Close()
		return nil, openError("dial", sys.Datagram, name, err)
	}
	return s, nil
}

// DatagramPair makes two sockets that are connected to each other.
func DatagramPair() (a, b *Datagram, err error) {
	x, y, err := pair(sys.Datagram)
	if err != nil {
		return nil, nil, err
	}
	return newDatagram(x), newDatagram(y), nil
}

// Connect connects s to the socket with a name, or to another one than before: from then on s receives only from that
// socket, and Write sends to it. It does not wait.
func (s *Datagram) Connect(name string) error {
	err := sys.CheckName(name)
	if err == nil {
		if err = s.fd.Acquire(); err == nil {
			err = s.connect(name)
			s.fd.Release()
		}
	}
	if err != nil {
		return s.failedTo("connect", name, err)
	}
	return nil
}

func (s *Datagram) connect(name string) error {
	return callError("connect", sys.ConnectLocal(s.fd.Sysfd(), name))
}

// ReadFrom is Read with the name of the sender, which is empty if it has none.
func (s *Datagram) ReadFrom(co *coro.Co, b []byte) (n int, from string, err error) {
	var name sys.Name
	r, err := s.receive(co, &incoming{b: b, name: &name})
	return r.N, s.sender(&name), err
}

// PollReadFrom is ReadFrom in poll style.
func (s *Datagram) PollReadFrom(cx *core.Context, b []byte) (n int, from string, ready bool, err error) {
	var name sys.Name
	r, ready, err := s.pollReceive(cx, &incoming{b: b, name: &name})
	return r.N, s.sender(&name), ready, err
}

// sender returns name as a string. It allocates only if the sender is not the last one.
func (s *Datagram) sender(name *sys.Name) string {
	b := name.Bytes()
	if len(b) == 0 {
		return ""
	}
	if last := s.last.Load(); last != nil && *last == string(b) {
		return *last
	}
	from := string(b)
	s.last.Store(&from)
	return from
}

// Write sends b as a message to the socket that s is connected to, and waits if there is no room for it.
func (s *Datagram) Write(co *coro.Co, b []byte) (n int, err error) {
	return s.transmit(co, s.outgoing(b, nil))
}

// PollWrite is Write in poll style.
func (s *Datagram) PollWrite(cx *core.Context, b []byte) (n int, ready bool, err error) {
	return s.pollTransmit(cx, s.outgoing(b, nil))
}

// WriteTo sends b as a message to the socket with a name, and waits if there is no room for it. The system does not
// report when there is room, so WriteTo tries again, after 1 ms at first and up to 32 ms later on; a socket that
// sends much to one receiver should connect to it. Sends to the same receiver wait for each other, in the order of
// their arrival; sends to other receivers do not.
func (s *Datagram) WriteTo(co *coro.Co, b []byte, to string) (n int, err error) {
	if err := sys.CheckName(to); err != nil {
		return 0, s.failedTo("write", to, err)
	}
	return s.transmit(co, &outgoing{b: b, to: to, queues: &s.queues})
}

// PollWriteTo is WriteTo in poll style.
func (s *Datagram) PollWriteTo(cx *core.Context, b []byte, to string) (n int, ready bool, err error) {
	if err := sys.CheckName(to); err != nil {
		return 0, true, s.failedTo("write", to, err)
	}
	return s.pollTransmit(cx, &outgoing{b: b, to: to, queues: &s.queues})
}

// WriteMsg is Write with descriptors that go with the message.
func (s *Datagram) WriteMsg(co *coro.Co, b []byte, fds []int) (n int, err error) {
	return s.transmit(co, s.outgoing(b, fds))
}

// PollWriteMsg is WriteMsg in poll style.
func (s *Datagram) PollWriteMsg(cx *core.Context, b []byte, fds []int) (n int, ready bool, err error) {
	return s.pollTransmit(cx, s.outgoing(b, fds))
}

// outgoing returns a message to the socket that s is connected to.
func (s *Datagram) outgoing(b []byte, fds []int) *outgoing {
	out := &outgoing{b: b, fds: fds}
	if sys.RoomUnreported {
		out.queues = &s.queues
	}
	return out
}

// Unwait takes w out of the waiters for direction d. A future that is dropped while an operation in poll style is
// pending calls it with the waker that it polled with, unless it closes the socket.
func (s *Datagram) Unwait(w core.Waker, d reactor.Direction) {
	s.socket.Unwait(w, d)
	if d == reactor.Write {
		s.queues.Unwait(w)
	}
}

// SetDeadline calls SetReadDeadline and SetWriteDeadline.
func (s *Datagram) SetDeadline(t time.Time) error {
	err := s.socket.SetDeadline(t)
	s.queues.WakeFirst()
	return err
}

// SetWriteDeadline is SetReadDeadline for writes.
func (s *Datagram) SetWriteDeadline(t time.Time) error {
	err := s.socket.SetWriteDeadline(t)
	s.queues.WakeFirst()
	return err
}

// Close closes the socket. Messages that were sent can still be read. Pending operations and a second Close return
// net.ErrClosed.
func (s *Datagram) Close() error {
	err := s.fd.Close()
	s.queues.Close()
	return s.wrap("close", err)
}
