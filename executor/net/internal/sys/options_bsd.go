//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package sys

import (
	"os"

	"golang.org/x/sys/unix"
)

// MaxBacklog is the longest backlog that may be asked for; the system cuts it to what it allows.
func MaxBacklog() int { return unix.SOMAXCONN }

// SetLatePort has no counterpart here.
func SetLatePort(int) {}

// setMulticast4 sets an option that is a byte here.
func setMulticast4(fd, option, value int) error {
	if value < 0 || value > 255 {
		return os.NewSyscallError("setsockopt", unix.EINVAL)
	}
	return os.NewSyscallError("setsockopt", unix.SetsockoptByte(fd, unix.IPPROTO_IP, option, byte(value)))
}
