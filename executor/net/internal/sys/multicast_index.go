//go:build linux || darwin || freebsd

package sys

import (
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// On these systems IPv4 names an interface by its index.

func setMulticastInterface4(fd int, ifi *net.Interface) error {
	m := unix.IPMreqn{Ifindex: int32(index(ifi))}
	return os.NewSyscallError("setsockopt", unix.SetsockoptIPMreqn(fd, unix.IPPROTO_IP, unix.IP_MULTICAST_IF, &m))
}

func membership4(fd, option int, group [4]byte, ifi *net.Interface) error {
	m := unix.IPMreqn{Multiaddr: group, Ifindex: int32(index(ifi))}
	return os.NewSyscallError("setsockopt", unix.SetsockoptIPMreqn(fd, unix.IPPROTO_IP, option, &m))
}
