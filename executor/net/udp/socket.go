package udp

import (
	"io"
	"net"
	"net/netip"
	"sync/atomic"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor/net/internal/netfd"
	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
	"github.com/moduvex/moduvex-go/reactor"
)

// A Socket sends and receives datagrams. [Listen], [Bind], [Dial] and [Connect] return one; a zero Socket is closed.
type Socket struct {
	fd     netfd.FD
	family sys.Family
	zones  sys.Zones

	// in and out hold the memory of batches. Each is nil until the first batch, and while a batch uses it.
	in, out atomic.Pointer[sys.Batch]
}

// ReadFrom receives a datagram, and waits if there is none. Of a datagram of more than len(b) bytes it returns the
// first len(b), with io.ErrShortBuffer.
func (s *Socket) ReadFrom(co *coro.Co, b []byte) (n int, from netip.AddrPort, err error) {
	return s.receive(co, b, false)
}

// PollReadFrom is ReadFrom in poll style.
func (s *Socket) PollReadFrom(cx *core.Context, b []byte) (n int, from netip.AddrPort, ready bool, err error) {
	return s.pollReceive(cx, b, false)
}

// TryReadFrom is ReadFrom without waiting: ok is false if it would wait. Any goroutine may call it, inside a task or not.
// It fails with os.ErrDeadlineExceeded once a deadline has passed, as the other forms do.
func (s *Socket) TryReadFrom(b []byte) (n int, from netip.AddrPort, ok bool, err error) {
	return s.tryReceive(b, false)
}

// Read is ReadFrom without the address, which on a connected socket is always that of the peer.
func (s *Socket) Read(co *coro.Co, b []byte) (n int, err error) {
	n, _, err = s.receive(co, b, false)
	return n, err
}

// PollRead is Read in poll style.
func (s *Socket) PollRead(cx *core.Context, b []byte) (n int, ready bool, err error) {
	n, _, ready, err = s.pollReceive(cx, b, false)
	return n, ready, err
}

// TryRead is Read without waiting.
func (s *Socket) TryRead(b []byte) (n int, ok bool, err error) {
	n, _, ok, err = s.tryReceive(b, false)
	return n, ok, err
}

// PeekFrom is ReadFrom without taking the datagram out: the next read returns it again, also the bytes that PeekFrom
// had no room for.
func (s *Socket) PeekFrom(co *coro.Co, b []byte) (n int, from netip.AddrPort, err error) {
	return s.receive(co, b, true)
}

// PollPeekFrom is PeekFrom in poll style.
func (s *Socket) PollPeekFrom(cx *core.Context, b []byte) (n int, from netip.AddrPort, ready bool, err error) {
	return s.pollReceive(cx, b, true)
}

// TryPeekFrom is PeekFrom without waiting.
func (s *Socket) TryPeekFrom(b []byte) (n int, from netip.AddrPort, ok bool, err error) {
	return s.tryReceive(b, true)
}

// A datagram is the result of a receive.
type datagram struct {
	n         int
	truncated bool
	from      sys.Endpoint
}

func (s *Socket) receive(co *coro.Co, b []byte, peek bool) (n int, from netip.AddrPort, err error) {
	r, err := netfd.Wait(co, &s.fd, reactor.Read, func(cx *core.Context) (datagram, netfd.Progress, error) {
		return s.recv(cx, b, peek)
	})
	return s.received(r, err)
}

func (s *Socket) pollReceive(cx *core.Context, b []byte, peek bool) (n int, from netip.AddrPort, ready bool, err error) {
	r, ready, err := netfd.Poll(cx, &s.fd, func(cx *core.Context) (datagram, netfd.Progress, error) {
		return s.recv(cx, b, peek)
	})
	if ready {
		n, from, err = s.received(r, err)
	}
	return n, from, ready, err
}

func (s *Socket) recv(cx *core.Context, b []byte, peek bool) (r datagram, p netfd.Progress, err error) {
	t := s.fd.Try(cx, reactor.Read)
	for t.Next() {
		var errno sys.Errno
		r.n, r.truncated, r.from, errno = sys.RecvFrom(s.fd.Sysfd(), b, peek)
		t.Tried("recvfrom", errno)
	}
	p, err = t.End()
	return r, p, err
}

func (s *Socket) tryReceive(b []byte, peek bool) (n int, from netip.AddrPort, ok bool, err error) {
	var r datagram
	ok, err = s.fd.TryOnce(reactor.Read, "recvfrom", func(fd int) (errno sys.Errno) {
		r.n, r.truncated, r.from, errno = sys.RecvFrom(fd, b, peek)
		return errno
	})
	if !ok {
		return 0, from, false, nil
	}
	n, from, err = s.received(r, err)
	return n, from, true, err
}

// received returns the results of a receive.
func (s *Socket) received(r datagram, err error) (n int, from netip.AddrPort, _ error) {
	if err != nil {
		return 0, from, s.failed("read", from, err)
	}
	from = s.zones.AddrPort(r.from)
	if r.truncated {
		err = s.failed("read", from, io.ErrShortBuffer)
	}
	return r.n, from, err
}

// WriteTo sends b as a datagram, and waits if there is no room for it. On a connected socket use Write: whether
// WriteTo may send to other addresses depends on the system.
func (s *Socket) WriteTo(co *coro.Co, b []byte, to netip.AddrPort) (n int, err error) {
	dest, err := s.destination(to)
	if err != nil {
		return 0, s.failed("write", to, err)
	}
	return s.transmit(co, b, dest)
}

// PollWriteTo is WriteTo in poll style.
func (s *Socket) PollWriteTo(cx *core.Context, b []byte, to netip.AddrPort) (n int, ready bool, err error) {
	dest, err := s.destination(to)
	if err != nil {
		return 0, true, s.failed("write", to, err)
	}
	return s.pollTransmit(cx, b, dest)
}

// TryWriteTo is WriteTo without waiting.
func (s *Socket) TryWriteTo(b []byte, to netip.AddrPort) (n int, ok bool, err error) {
	dest, err := s.destination(to)
	if err != nil {
		return 0, true, s.failed("write", to, err)
	}
	return s.tryTransmit(b, dest)
}

// Write is WriteTo for a connected socket.
func (s *Socket) Write(co *coro.Co, b []byte) (n int, err error) {
	return s.transmit(co, b, destination{})
}

// PollWrite is Write in poll style.
func (s *Socket) PollWrite(cx *core.Context, b []byte) (n int, ready bool, err error) {
	return s.pollTransmit(cx, b, destination{})
}

// TryWrite is Write without waiting.
func (s *Socket) TryWrite(b []byte) (n int, ok bool, err error) {
	return s.tryTransmit(b, destination{})
}

// A destination is the address that a datagram goes to. The zero value is the peer of a connected socket.
type destination struct {
	to        sys.Endpoint
	addressed bool
}

// destination checks an address for this socket.
func (s *Socket) destination(to netip.AddrPort) (destination, error) {
	if !to.IsValid() {
		return destination{}, &net.AddrError{Err: "not an address", Addr: to.String()}
	}
	e, err := s.zones.Endpoint(to)
	if err != nil {
		return destination{}, err
	}
	if s.family == sys.Inet4 && e.Family() != sys.Inet4 {
		return destination{}, &net.AddrError{Err: "not of the socket's family", Addr: to.String()}
	}
	return destination{to: e, addressed: true}, nil
}

// addr returns the address for errors; the zero AddrPort means the peer.
func (d destination) addr() (to netip.AddrPort) {
	if d.addressed {
		to = d.to.AddrPort()
	}
	return to
}

func (s *Socket) transmit(co *coro.Co, b []byte, dest destination) (n int, err error) {
	_, err = netfd.Wait(co, &s.fd, reactor.Write, func(cx *core.Context) (none struct{}, p netfd.Progress, err error) {
		p, err = s.send(cx, b, dest)
		return none, p, err
	})
	return s.sent(b, dest, err)
}

func (s *Socket) pollTransmit(cx *core.Context, b []byte, dest destination) (n int, ready bool, err error) {
	_, ready, err = netfd.Poll(cx, &s.fd, func(cx *core.Context) (none struct{}, p netfd.Progress, err error) {
		p, err = s.send(cx, b, dest)
		return none, p, err
	})
	if ready {
		n, err = s.sent(b, dest, err)
	}
	return n, ready, err
}

func (s *Socket) send(cx *core.Context, b []byte, dest destination) (netfd.Progress, error) {
	t := s.fd.Try(cx, reactor.Write)
	for t.Next() {
		t.Tried("sendto", s.sendOnce(b, dest))
	}
	return t.End()
}

func (s *Socket) tryTransmit(b []byte, dest destination) (n int, ok bool, err error) {
	ok, err = s.fd.TryOnce(reactor.Write, "sendto", func(int) sys.Errno { return s.sendOnce(b, dest) })
	if !ok {
		return 0, false, nil
	}
	n, err = s.sent(b, dest, err)
	return n, true, err
}

func (s *Socket) sendOnce(b []byte, dest destination) sys.Errno {
	if dest.addressed {
		return sys.SendTo(s.fd.Sysfd(), b, s.family, dest.to)
	}
	return sys.Send(s.fd.Sysfd(), b)
}

func (s *Socket) sent(b []byte, dest destination, err error) (int, error) {
	if err != nil {
		return 0, s.failed("write", dest.addr(), err)
	}
	return len(b), nil
}

// WaitReadable waits until a read would not wait: until there is a datagram or an error. After that it returns at
// once until a read has found no more datagrams. So an idle socket needs no buffer.
func (s *Socket) WaitReadable(co *coro.Co) error {
	return s.wrap("read", s.fd.WaitReady(co, reactor.Read))
}

// WaitWritable waits until a write would not wait.
func (s *Socket) WaitWritable(co *coro.Co) error {
	return s.wrap("write", s.fd.WaitReady(co, reactor.Write))
}

// PollReadable is WaitReadable in poll style.
func (s *Socket) PollReadable(cx *core.Context) (ready bool, err error) {
	ready, err = s.fd.PollWaitReady(cx, reactor.Read)
	return ready, s.wrap("read", err)
}

// PollWritable is WaitWritable in poll style.
func (s *Socket) PollWritable(cx *core.Context) (ready bool, err error) {
	ready, err = s.fd.PollWaitReady(cx, reactor.Write)
	return ready, s.wrap("write", err)
}

func (s *Socket) wrap(op string, err error) error {
	if err != nil {
		return s.failed(op, netip.AddrPort{}, err)
	}
	return nil
}

// Unwait takes w out of the waiters for direction d of s. A future that is dropped while an operation in poll style
// is pending calls it with the waker that it polled with, unless it closes s.
func (s *Socket) Unwait(w core.Waker, d reactor.Direction) { s.fd.Unwait(w, d) }

// Close closes the socket. Datagrams that were sent are not affected. Pending operations and a second Close return
// net.ErrClosed.
func (s *Socket) Close() error { return s.wrap("close", s.fd.Close()) }

// failed makes the error of an operation with addr, or with the peer if addr is the zero value. It is not inlined,
// which keeps the frames of operations small.
//
//go:noinline
func (s *Socket) failed(op string, addr netip.AddrPort, err error) error {
	oe := &net.OpError{Op: op, Net: "udp", Err: s.fd.Explain(err)}
	if local := s.LocalAddrPort(); local.IsValid() {
		oe.Source = net.UDPAddrFromAddrPort(local)
	}
	if !addr.IsValid() {
		addr = s.RemoteAddrPort()
	}
	if addr.IsValid() {
		oe.Addr = net.UDPAddrFromAddrPort(addr)
	}
	return oe
}
