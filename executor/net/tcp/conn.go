package tcp

import (
	"net"
	"net/netip"
	"syscall"
	"time"

	"github.com/moduvex/moduvex-go/executor/net/internal/netfd"
	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
	"github.com/moduvex/moduvex-go/reactor"
)

// This file has what a Stream has besides reading, writing and closing.

// RemoteAddr returns the address of the peer, a *net.TCPAddr. It is known also after Close.
func (s *Stream) RemoteAddr() net.Addr { return s.peer.TCPAddr() }

// RemoteAddrPort returns the address of the peer.
func (s *Stream) RemoteAddrPort() netip.AddrPort { return s.peer.AddrPort() }

// LocalAddr returns the address of this end, a *net.TCPAddr. The system is asked for it each time,
// since few ask at all; after Close it is the zero TCPAddr.
func (s *Stream) LocalAddr() net.Addr {
	if local := s.local(); local != nil {
		return local
	}
	return &net.TCPAddr{}
}

// local returns a nil interface if the address cannot be had any more.
func (s *Stream) local() net.Addr {
	if s.fd.Acquire() != nil {
		return nil
	}
	defer s.fd.Release()
	local, err := sys.Local(s.fd.Sysfd())
	if err != nil {
		return nil
	}
	return local.TCPAddr()
}

// SetDeadline is SetReadDeadline and SetWriteDeadline.
func (s *Stream) SetDeadline(t time.Time) error {
	if err := s.SetReadDeadline(t); err != nil {
		return err
	}
	return s.SetWriteDeadline(t)
}

// SetReadDeadline sets when reading fails with os.ErrDeadlineExceeded, a Read that is waiting
// included; the zero Time is never. A time that is past makes it fail at once, even if there is
// something to read, until a later deadline is set. Any goroutine may call it at any time.
func (s *Stream) SetReadDeadline(t time.Time) error { return s.setDeadline(reactor.Read, t) }

// SetWriteDeadline is SetReadDeadline for writing. What a Write had written by then, it says.
func (s *Stream) SetWriteDeadline(t time.Time) error { return s.setDeadline(reactor.Write, t) }

func (s *Stream) setDeadline(d reactor.Direction, t time.Time) error {
	if err := s.fd.SetDeadline(d, t); err != nil {
		return s.failed("set", err)
	}
	return nil
}

// SetNoDelay says whether what is written is sent at once, which is how a Stream begins, or held
// back for a moment to be sent with what comes next.
func (s *Stream) SetNoDelay(on bool) error {
	return s.control("set", func(fd int) error { return sys.SetNoDelay(fd, on) })
}

// SetKeepAlive says whether the system probes the connection while it is idle. A Stream begins
// without, unless its Dialer or ListenConfig says otherwise. Times and counts are the system's; see
// SetKeepAliveConfig.
func (s *Stream) SetKeepAlive(on bool) error {
	return s.control("set", func(fd int) error { return sys.SetKeepAlive(fd, on) })
}

// SetKeepAliveConfig is SetKeepAlive with times and counts. Values that are 0 stand for 15 s, 15 s
// and 9 probes; negative ones leave the system's. OpenBSD knows only its own.
func (s *Stream) SetKeepAliveConfig(c net.KeepAliveConfig) error {
	return s.control("set", func(fd int) error { return setKeepAlive(fd, c) })
}

// The values that package net has for 0.
const (
	keepAliveIdle     = 15 * time.Second
	keepAliveInterval = 15 * time.Second
	keepAliveCount    = 9
)

func setKeepAlive(fd int, c net.KeepAliveConfig) error {
	if err := sys.SetKeepAlive(fd, c.Enable); err != nil || !c.Enable {
		return err
	}
	if c.Idle == 0 {
		c.Idle = keepAliveIdle
	}
	if c.Interval == 0 {
		c.Interval = keepAliveInterval
	}
	if c.Count == 0 {
		c.Count = keepAliveCount
	}
	if c.Idle > 0 {
		if err := sys.SetKeepAliveIdle(fd, c.Idle); err != nil {
			return err
		}
	}
	if c.Interval > 0 {
		if err := sys.SetKeepAliveInterval(fd, c.Interval); err != nil {
			return err
		}
	}
	if c.Count > 0 {
		return sys.SetKeepAliveCount(fd, c.Count)
	}
	return nil
}

// SetLinger says what Close does with data that is not sent yet: sec < 0, as a Stream begins, sends
// it in the background; 0 throws it away and resets the connection; sec > 0 makes Close wait for it
// up to sec seconds, which blocks the worker.
func (s *Stream) SetLinger(sec int) error {
	return s.control("set", func(fd int) error { return sys.SetLinger(fd, sec) })
}

// SetReadBuffer sets the size of the system's receive buffer.
func (s *Stream) SetReadBuffer(bytes int) error {
	return s.control("set", func(fd int) error { return sys.SetReadBuffer(fd, bytes) })
}

// SetWriteBuffer sets the size of the system's send buffer.
func (s *Stream) SetWriteBuffer(bytes int) error {
	return s.control("set", func(fd int) error { return sys.SetWriteBuffer(fd, bytes) })
}

// SyscallConn gives access to the descriptor. Control is that of package net. Read and Write of the
// RawConn call their function once and do not wait: where it is not done they return an error that
// is syscall.EAGAIN, and WaitReadable or WaitWritable waits for another try.
func (s *Stream) SyscallConn() (syscall.RawConn, error) {
	if s.fd.Closed() {
		return nil, s.failed("raw", net.ErrClosed)
	}
	return &netfd.RawConn{FD: &s.fd, Failed: s.failed, Owner: s}, nil
}
