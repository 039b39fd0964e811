package tcp

import (
	"net"
	"net/netip"
	"time"

	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
	"github.com/moduvex/moduvex-go/reactor"
)

// This file has the methods of a Stream that neither read, write nor close.

// RemoteAddr returns the address of the peer, a *net.TCPAddr, also after Close.
func (s *Stream) RemoteAddr() net.Addr { return s.peer.TCPAddr() }

// RemoteAddrPort returns the address of the peer.
func (s *Stream) RemoteAddrPort() netip.AddrPort { return s.peer.AddrPort() }

// LocalAddr returns the address of this end, a *net.TCPAddr. Each call is a system call. After Close it returns the
// zero TCPAddr.
func (s *Stream) LocalAddr() net.Addr {
	if local := s.local(); local != nil {
		return local
	}
	return &net.TCPAddr{}
}

// local returns the address of this end, or a nil interface if s is closed.
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

// SetDeadline calls SetReadDeadline and SetWriteDeadline.
func (s *Stream) SetDeadline(t time.Time) error {
	if err := s.SetReadDeadline(t); err != nil {
		return err
	}
	return s.SetWriteDeadline(t)
}

// SetReadDeadline sets when reads fail with os.ErrDeadlineExceeded, pending ones included; the zero Time means never.
// Once the deadline has passed, reads fail at once, even if there are bytes, until a later deadline is set. Any
// goroutine may call it at any time.
func (s *Stream) SetReadDeadline(t time.Time) error { return s.setDeadline(reactor.Read, t) }

// SetWriteDeadline is SetReadDeadline for writes. A Write that fails so returns how many bytes it has written.
func (s *Stream) SetWriteDeadline(t time.Time) error { return s.setDeadline(reactor.Write, t) }

func (s *Stream) setDeadline(d reactor.Direction, t time.Time) error {
	if err := s.fd.SetDeadline(d, t); err != nil {
		return s.failed("set", err)
	}
	return nil
}

// SetNoDelay sets whether the system sends bytes at once, which is the default of a Stream, or holds them back for a
// moment to send them together with later ones (Nagle's algorithm).
func (s *Stream) SetNoDelay(on bool) error {
	return s.control("set", func(fd int) error { return sys.SetNoDelay(fd, on) })
}

// SetKeepAlive sets whether the system probes the connection while it is idle. The default is that of the Dialer or
// ListenConfig, which is off unless set. Times and counts are the system's; see SetKeepAliveConfig.
func (s *Stream) SetKeepAlive(on bool) error {
	return s.control("set", func(fd int) error { return sys.SetKeepAlive(fd, on) })
}

// SetKeepAliveConfig is SetKeepAlive with times and counts. The value 0 means 15 s, 15 s and 9 probes; a
// negative one keeps the system's. On OpenBSD only the system's exist.
func (s *Stream) SetKeepAliveConfig(c net.KeepAliveConfig) error {
	return s.control("set", func(fd int) error { return setKeepAlive(fd, c) })
}

// The defaults of package net.
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

// SetLinger sets what Close does with data that is not sent yet. With sec < 0, the default, the system sends it in
// the background; with 0, Close discards it and resets the connection; with sec > 0, Close waits for it up to sec
// seconds, which blocks the worker.
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
