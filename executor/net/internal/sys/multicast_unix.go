//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package sys

import (
	"net"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"
)

// SetBroadcast allows sending to broadcast addresses.
func SetBroadcast(fd int, on bool) error { return setBool(fd, unix.SOL_SOCKET, unix.SO_BROADCAST, on) }

// SetTTL sets how many routers a packet may pass, on a socket of both families for both where the system can do that.
func SetTTL(fd int, f Family, n int) error {
	return setBoth(fd, f, n, unix.IP_TTL, unix.IPV6_UNICAST_HOPS)
}

// SetTOS sets the type of service, which for IPv6 is the traffic class.
func SetTOS(fd int, f Family, n int) error {
	return setBoth(fd, f, n, unix.IP_TOS, unix.IPV6_TCLASS)
}

func setBoth(fd int, f Family, n, option4, option6 int) error {
	if f == Inet4 {
		return set(fd, unix.IPPROTO_IP, option4, n)
	}
	if err := set(fd, unix.IPPROTO_IPV6, option6, n); err != nil {
		return err
	}
	_ = set(fd, unix.IPPROTO_IP, option4, n)
	return nil
}

// SetMulticastTTL is SetTTL for packets to a group.
func SetMulticastTTL(fd int, f Family, n int) error {
	if f == Inet4 {
		return setMulticast4(fd, unix.IP_MULTICAST_TTL, n)
	}
	if err := set(fd, unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_HOPS, n); err != nil {
		return err
	}
	_ = setMulticast4(fd, unix.IP_MULTICAST_TTL, n)
	return nil
}

// SetMulticastLoopback sets whether members of a group on this machine receive what fd sends to it.
func SetMulticastLoopback(fd int, f Family, on bool) error {
	n := 0
	if on {
		n = 1
	}
	if f == Inet4 {
		return setMulticast4(fd, unix.IP_MULTICAST_LOOP, n)
	}
	if err := set(fd, unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_LOOP, n); err != nil {
		return err
	}
	_ = setMulticast4(fd, unix.IP_MULTICAST_LOOP, n)
	return nil
}

// SetMulticastInterface sets the interface on which fd sends to groups. With nil, the system chooses it.
func SetMulticastInterface(fd int, f Family, ifi *net.Interface) error {
	if f == Inet4 {
		return setMulticastInterface4(fd, ifi)
	}
	return set(fd, unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_IF, index(ifi))
}

// JoinGroup makes fd a member of a group on an interface. With nil, the system chooses it.
func JoinGroup(fd int, group netip.Addr, ifi *net.Interface) error {
	return membership(fd, group, ifi, unix.IP_ADD_MEMBERSHIP, unix.IPV6_JOIN_GROUP)
}

// LeaveGroup undoes JoinGroup.
func LeaveGroup(fd int, group netip.Addr, ifi *net.Interface) error {
	return membership(fd, group, ifi, unix.IP_DROP_MEMBERSHIP, unix.IPV6_LEAVE_GROUP)
}

func membership(fd int, group netip.Addr, ifi *net.Interface, option4, option6 int) error {
	if group.Is4() {
		return membership4(fd, option4, group.As4(), ifi)
	}
	m := unix.IPv6Mreq{Multiaddr: group.As16(), Interface: uint32(index(ifi))}
	return os.NewSyscallError("setsockopt", unix.SetsockoptIPv6Mreq(fd, unix.IPPROTO_IPV6, option6, &m))
}

func index(ifi *net.Interface) int {
	if ifi == nil {
		return 0
	}
	return ifi.Index
}
