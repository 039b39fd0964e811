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

// SetReuseAddr lets a listener take a port whose former connections still linger.
func SetReuseAddr(fd int) error { return setBool(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, true) }

// ReusePortSpreads says that the system spreads connections over listeners that share a port. Others
// give them all to one.
const ReusePortSpreads = runtime.GOOS == "linux" || runtime.GOOS == "freebsd"

// ReusePortLate says that SetReusePort works on a socket that is bound already, so that it can be the first at
// its address.
const ReusePortLate = runtime.GOOS == "linux"

// SetReusePort lets several listeners share a port, and the system spread connections over them.
func SetReusePort(fd int) error { return setBool(fd, unix.SOL_SOCKET, reusePort, true) }

// SetV6Only says whether an IPv6 socket keeps to IPv6.
func SetV6Only(fd int, on bool) error {
	return setBool(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, on)
}

// SetNoDelay sends what is written at once.
func SetNoDelay(fd int, on bool) error {
	return setBool(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, on)
}

// SetLinger sets for how many seconds Close waits for unsent data; 0 makes it reset the connection,
// less than 0 leaves the sending to the system.
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

// SetKeepAliveIdle sets after how long without traffic the first probe is sent.
func SetKeepAliveIdle(fd int, d time.Duration) error {
	return setOptional(fd, keepIdle, seconds(d))
}

// SetKeepAliveInterval sets the time between probes.
func SetKeepAliveInterval(fd int, d time.Duration) error {
	return setOptional(fd, keepInterval, seconds(d))
}

// SetKeepAliveCount sets how many probes without an answer end the connection.
func SetKeepAliveCount(fd, n int) error { return setOptional(fd, keepCount, n) }

// absent stands for an option that a system does not have.
const absent = -1

// setOptional sets an option of TCP. What the system cannot do it need not: OpenBSD has only values
// for the whole machine.
func setOptional(fd, option, value int) error {
	if option == absent {
		return nil
	}
	return set(fd, unix.IPPROTO_TCP, option, value)
}

// seconds rounds d up: the systems count whole seconds, and 0 is not one of the values.
func seconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }
