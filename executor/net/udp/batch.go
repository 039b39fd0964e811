package udp

import (
	"net/netip"
	"sync/atomic"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor/net/internal/netfd"
	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
	"github.com/moduvex/moduvex-go/reactor"
)

// A Message is a datagram of a batch.
type Message struct {
	// Buf has the bytes to send, or the room to receive into.
	Buf []byte

	// N is how many bytes of Buf were received. A send does not use it.
	N int

	// Addr is the address that the datagram came from or goes to. The zero value is the peer of a connected socket.
	Addr netip.AddrPort

	// Truncated says that the datagram received did not fit into Buf, and that its other bytes are discarded. The
	// batch does not fail.
	Truncated bool
}

// ReadBatch receives as many datagrams as there are, at most len(ms) and 64, and waits if there is none. It returns
// them in ms[:n]. With an empty ms it returns at once. A batch spends the budget of one operation.
func (s *Socket) ReadBatch(co *coro.Co, ms []Message) (n int, err error) {
	n, err = netfd.Wait(co, &s.fd, reactor.Read, func(cx *core.Context) (int, netfd.Progress, error) {
		return s.readBatch(cx, ms)
	})
	return n, s.wrap("read", err)
}

// PollReadBatch is ReadBatch in poll style.
func (s *Socket) PollReadBatch(cx *core.Context, ms []Message) (n int, ready bool, err error) {
	n, ready, err = netfd.Poll(cx, &s.fd, func(cx *core.Context) (int, netfd.Progress, error) {
		return s.readBatch(cx, ms)
	})
	return n, ready, s.wrap("read", err)
}

// TryReadBatch is ReadBatch without waiting; see [Socket.TryReadFrom].
func (s *Socket) TryReadBatch(ms []Message) (n int, ok bool, err error) {
	if len(ms) == 0 {
		return 0, true, s.wrap("read", s.fd.CheckOnce(reactor.Read))
	}
	ok, err = s.fd.TryOnce(reactor.Read, "recvmmsg", func(int) (errno sys.Errno) {
		n, errno = s.recvBatch(ms)
		return errno
	})
	return n, ok, s.wrap("read", err)
}

func (s *Socket) readBatch(cx *core.Context, ms []Message) (n int, p netfd.Progress, err error) {
	if len(ms) == 0 {
		return 0, netfd.Done, s.fd.Check(cx, reactor.Read)
	}
	t := s.fd.Try(cx, reactor.Read)
	for t.Next() {
		var errno sys.Errno
		n, errno = s.recvBatch(ms)
		t.Tried("recvmmsg", errno)
	}
	p, err = t.End()
	return n, p, err
}

func (s *Socket) recvBatch(ms []Message) (n int, errno sys.Errno) {
	ms = ms[:min(len(ms), sys.MaxBatch)]
	batch := take(&s.in)
	for i := range ms {
		batch.Room(i, ms[i].Buf)
	}
	n, errno = batch.Recv(s.fd.Sysfd(), len(ms))
	for i := range n {
		m := &ms[i]
		var from sys.Endpoint
		m.N, m.Truncated, from = batch.Received(i)
		m.Addr = s.zones.AddrPort(from)
	}
	give(&s.in, batch, len(ms))
	return n, errno
}

// WriteBatch sends all of ms, each as a datagram, and waits whenever there is no room. If it fails, it has sent
// ms[:n], and ms[n] is the message that failed.
func (s *Socket) WriteBatch(co *coro.Co, ms []Message) (n int, err error) {
	_, err = netfd.Wait(co, &s.fd, reactor.Write, func(cx *core.Context) (none struct{}, _ netfd.Progress, _ error) {
		for {
			m, p, err := s.writeBatch(cx, ms[n:])
			n += m
			if p != netfd.Done || err != nil || n == len(ms) {
				return none, p, err
			}
		}
	})
	return n, s.notSent(ms, n, err)
}

// PollWriteBatch sends as many of ms as there is room for, at most 64, in poll style: n may be less than len(ms), and
// further calls send the rest.
func (s *Socket) PollWriteBatch(cx *core.Context, ms []Message) (n int, ready bool, err error) {
	n, ready, err = netfd.Poll(cx, &s.fd, func(cx *core.Context) (int, netfd.Progress, error) {
		return s.writeBatch(cx, ms)
	})
	return n, ready, s.notSent(ms, n, err)
}

// TryWriteBatch is PollWriteBatch without a task; see [Socket.TryReadFrom].
func (s *Socket) TryWriteBatch(ms []Message) (n int, ok bool, err error) {
	if len(ms) == 0 {
		return 0, true, s.notSent(ms, 0, s.fd.CheckOnce(reactor.Write))
	}
	var invalid error
	ok, err = s.fd.TryOnce(reactor.Write, "sendmmsg", func(int) (errno sys.Errno) {
		n, errno, invalid = s.sendBatch(ms)
		return errno
	})
	if err == nil {
		err = invalid
	}
	return n, ok, s.notSent(ms, n, err)
}

func (s *Socket) writeBatch(cx *core.Context, ms []Message) (n int, p netfd.Progress, err error) {
	if len(ms) == 0 {
		return 0, netfd.Done, s.fd.Check(cx, reactor.Write)
	}
	var invalid error
	t := s.fd.Try(cx, reactor.Write)
	for t.Next() {
		var errno sys.Errno
		n, errno, invalid = s.sendBatch(ms)
		t.Tried("sendmmsg", errno)
	}
	p, err = t.End()
	if err == nil {
		err = invalid
	}
	return n, p, err
}

// sendBatch sends the messages before the first one whose address is invalid for this socket. It returns invalid only
// if that is ms[0].
func (s *Socket) sendBatch(ms []Message) (n int, errno sys.Errno, invalid error) {
	ms = ms[:min(len(ms), sys.MaxBatch)]
	batch := take(&s.out)
	size := 0
	for size < len(ms) {
		m := &ms[size]
		if m.Addr == (netip.AddrPort{}) {
			batch.Message(size, m.Buf)
		} else {
			var dest destination
			if dest, invalid = s.destination(m.Addr); invalid != nil {
				break
			}
			batch.MessageTo(size, m.Buf, s.family, dest.to)
		}
		size++
	}
	if size > 0 {
		invalid = nil
		n, errno = batch.Send(s.fd.Sysfd(), size)
	}
	give(&s.out, batch, size)
	return n, errno, invalid
}

// notSent returns err as the error of ms[n].
func (s *Socket) notSent(ms []Message, n int, err error) error {
	if err == nil {
		return nil
	}
	var addr netip.AddrPort
	if n < len(ms) {
		addr = ms[n].Addr
	}
	return s.failed("write", addr, err)
}

// take takes the memory of a batch for the time of its system call. If tasks on several workers need it at the same
// time, there is more than one for a moment.
func take(p *atomic.Pointer[sys.Batch]) *sys.Batch {
	if batch := p.Swap(nil); batch != nil {
		return batch
	}
	return &sys.Batch{}
}

// give puts the memory back, of which n slots were used.
func give(p *atomic.Pointer[sys.Batch], batch *sys.Batch, n int) {
	batch.Clear(n)
	p.Store(batch)
}
