//go:build dragonfly || netbsd || openbsd

package sys

import (
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// On these systems IPv4 names an interface by one of its addresses.

func setMulticastInterface4(fd int, ifi *net.Interface) error {
	ip, err := address4(ifi)
	if err != nil {
		return err
	}
	return os.NewSyscallError("setsockopt", unix.SetsockoptInet4Addr(fd, unix.IPPROTO_IP, unix.IP_MULTICAST_IF, ip))
}

func membership4(fd, option int, group [4]byte, ifi *net.Interface) error {
	ip, err := address4(ifi)
	if err != nil {
		return err
	}
	m := unix.IPMreq{Multiaddr: group, Interface: ip}
	return os.NewSyscallError("setsockopt", unix.SetsockoptIPMreq(fd, unix.IPPROTO_IP, option, &m))
}

// address4 returns an IPv4 address of ifi, or zero for a nil ifi.
func address4(ifi *net.Interface) (ip [4]byte, err error) {
	if ifi == nil {
		return ip, nil
	}
	addrs, err := ifi.Addrs()
	if err != nil {
		return ip, err
	}
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok && n.IP.To4() != nil {
			return [4]byte(n.IP.To4()), nil
		}
	}
	return ip, &net.AddrError{Err: "interface has no IPv4 address", Addr: ifi.Name}
}
