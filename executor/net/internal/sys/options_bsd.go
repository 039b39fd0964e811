//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package sys

import (
	"os"

	"golang.org/x/sys/unix"
)

// MaxBacklog returns the longest backlog to request; the system reduces it to what it allows.
func MaxBacklog() int { return unix.SOMAXCONN }

// SetLatePort does nothing: the system has no such option.
func SetLatePort(int) {}

// setMulticast4 sets an option, whose value is a byte on these systems.
func setMulticast4(fd, option, value int) error {
	if value < 0 || value > 255 {
		return os.NewSyscallError("setsockopt", unix.EINVAL)
	}
	return os.NewSyscallError("setsockopt", unix.SetsockoptByte(fd, unix.IPPROTO_IP, option, byte(value)))
}
