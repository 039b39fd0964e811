//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package sys

import (
	"os"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

func set(fd, level, option, value int) error {
	return os.NewSyscallError("setsockopt", unix.SetsockoptInt(fd, level, option, value))
}

func setBool(fd, level, option int, on bool) error {
	value := 0
	if on {
		value = 1
	}
	return set(fd, level, option, value)
}

// SetReuseAddr allows a listener to use a port whose former connections still linger.
func SetReuseAddr(fd int) error { return setBool(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, true) }

// ReusePortSpreads says that the system spreads connections over listeners that share a port. Other systems pass all
// to one.
const ReusePortSpreads = runtime.GOOS == "linux" || runtime.GOOS == "freebsd"

// ReusePortLate says that SetReusePort works on a socket that is bound already; so the first socket of a group can
// bind an address that is free.
const ReusePortLate = runtime.GOOS == "linux"

// SetReusePort allows several listeners to share a port; the system spreads connections over them.
func SetReusePort(fd int) error { return setBool(fd, unix.SOL_SOCKET, reusePort, true) }

// SetV6Only sets whether an IPv6 socket excludes IPv4.
func SetV6Only(fd int, on bool) error {
	return setBool(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, on)
}

// SetNoDelay sets whether bytes are sent at once.
func SetNoDelay(fd int, on bool) error {
	return setBool(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, on)
}

// SetLinger sets for how many seconds Close waits for unsent data. With 0, Close resets the connection; with a
// negative number, the system sends the data in the background.
func SetLinger(fd, sec int) error {
	l := unix.Linger{}
	if sec >= 0 {
		l.Onoff = 1
		l.Linger = int32(sec)
	}
	return os.NewSyscallError("setsockopt", unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &l))
}

// SetReadBuffer sets the size of the system's receive buffer.
func SetReadBuffer(fd, bytes int) error { return set(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, bytes) }

// SetWriteBuffer sets the size of the system's send buffer.
func SetWriteBuffer(fd, bytes int) error { return set(fd, unix.SOL_SOCKET, unix.SO_SNDBUF, bytes) }

// SetKeepAlive turns probes of an idle connection on or off.
func SetKeepAlive(fd int, on bool) error {
	return setBool(fd, unix.SOL_SOCKET, unix.SO_KEEPALIVE, on)
}

// SetKeepAliveIdle sets the time without traffic before the first probe.
func SetKeepAliveIdle(fd int, d time.Duration) error {
	return setOptional(fd, keepIdle, seconds(d))
}

// SetKeepAliveInterval sets the time between probes.
func SetKeepAliveInterval(fd int, d time.Duration) error {
	return setOptional(fd, keepInterval, seconds(d))
}

// SetKeepAliveCount sets after how many probes without a reply the connection ends.
func SetKeepAliveCount(fd, n int) error { return setOptional(fd, keepCount, n) }

// absent marks an option that a system does not have.
const absent = -1

// setOptional sets an option of TCP if the system has it: OpenBSD has only values for the whole machine.
func setOptional(fd, option, value int) error {
	if option == absent {
		return nil
	}
	return set(fd, unix.IPPROTO_TCP, option, value)
}

// seconds returns d in seconds, rounded up: the systems take whole seconds, and 0 is not valid.
func seconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }
