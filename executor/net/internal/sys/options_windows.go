package sys

import (
	"errors"
	"net"
	"net/netip"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

func set(fd, level, option, value int) error {
	return callError("setsockopt", windows.SetsockoptInt(windows.Handle(fd), level, option, value))
}

func setBool(fd, level, option int, on bool) error {
	value := 0
	if on {
		value = 1
	}
	return set(fd, level, option, value)
}

// MaxBacklog returns the longest backlog to request; the system reduces it to what it allows.
func MaxBacklog() int { return windows.SOMAXCONN }

// SetLatePort does nothing: the system has no such option.
func SetLatePort(int) {}

// SetReuseAddr allows sockets to share the address of a group. It does nothing for a TCP listener: Windows allows it
// to use a port whose former connections linger, and with the option of this name it could take the port of another
// listener.
func SetReuseAddr(fd int) error {
	if kind(windows.Handle(fd)) == windows.SOCK_STREAM {
		return nil
	}
	return setBool(fd, windows.SOL_SOCKET, windows.SO_REUSEADDR, true)
}

// ReusePortSpreads is false: there is no such option.
const ReusePortSpreads = false

// ReusePortLate is false for the same reason.
const ReusePortLate = false

// SetReusePort fails.
func SetReusePort(int) error { return errors.ErrUnsupported }

// SetV6Only sets whether an IPv6 socket excludes IPv4.
func SetV6Only(fd int, on bool) error {
	return setBool(fd, windows.IPPROTO_IPV6, windows.IPV6_V6ONLY, on)
}

// SetNoDelay sets whether bytes are sent at once.
func SetNoDelay(fd int, on bool) error {
	return setBool(fd, windows.IPPROTO_TCP, windows.TCP_NODELAY, on)
}

// SetLinger sets for how many seconds Close waits for unsent data. With 0, Close resets the connection; with a
// negative number, the system sends the data in the background.
func SetLinger(fd, sec int) error {
	var l windows.Linger
	if sec >= 0 {
		l = windows.Linger{Onoff: 1, Linger: int32(sec)}
	}
	return callError("setsockopt", windows.SetsockoptLinger(windows.Handle(fd), windows.SOL_SOCKET, windows.SO_LINGER, &l))
}

// SetReadBuffer sets the size of the system's receive buffer.
func SetReadBuffer(fd, bytes int) error { return set(fd, windows.SOL_SOCKET, windows.SO_RCVBUF, bytes) }

// SetWriteBuffer sets the size of the system's send buffer.
func SetWriteBuffer(fd, bytes int) error {
	return set(fd, windows.SOL_SOCKET, windows.SO_SNDBUF, bytes)
}

// SetKeepAlive turns probes of an idle connection on or off.
func SetKeepAlive(fd int, on bool) error {
	return setBool(fd, windows.SOL_SOCKET, windows.SO_KEEPALIVE, on)
}

// SetKeepAliveIdle sets the time without traffic before the first probe.
func SetKeepAliveIdle(fd int, d time.Duration) error {
	return setOptional(fd, windows.TCP_KEEPIDLE, seconds(d))
}

// SetKeepAliveInterval sets the time between probes.
func SetKeepAliveInterval(fd int, d time.Duration) error {
	return setOptional(fd, windows.TCP_KEEPINTVL, seconds(d))
}

// SetKeepAliveCount sets after how many probes without a reply the connection ends.
func SetKeepAliveCount(fd, n int) error { return setOptional(fd, windows.TCP_KEEPCNT, n) }

// setOptional sets an option of TCP if the system has it: the first versions of Windows 10 do not have these options.
func setOptional(fd, option, value int) error {
	err := set(fd, windows.IPPROTO_TCP, option, value)
	if errors.Is(err, windows.WSAENOPROTOOPT) {
		return nil
	}
	return err
}

// seconds returns d in seconds, rounded up: the system takes whole seconds, and 0 is not valid.
func seconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }

// SetBroadcast allows sending to broadcast addresses.
func SetBroadcast(fd int, on bool) error {
	return setBool(fd, windows.SOL_SOCKET, windows.SO_BROADCAST, on)
}

// SetTTL sets how many routers a packet may pass, on a socket of both families for both where the system can do that.
func SetTTL(fd int, f Family, n int) error {
	return setBoth(fd, f, n, windows.IP_TTL, windows.IPV6_UNICAST_HOPS)
}

// SetTOS sets the type of service, which for IPv6 is the traffic class. Windows accepts it, but changes packets only
// if it is configured to.
func SetTOS(fd int, f Family, n int) error {
	const ipv6TClass = 39
	return setBoth(fd, f, n, windows.IP_TOS, ipv6TClass)
}

func setBoth(fd int, f Family, n, option4, option6 int) error {
	if f == Inet4 {
		return set(fd, windows.IPPROTO_IP, option4, n)
	}
	if err := set(fd, windows.IPPROTO_IPV6, option6, n); err != nil {
		return err
	}
	_ = set(fd, windows.IPPROTO_IP, option4, n)
	return nil
}

// SetMulticastTTL is SetTTL for packets to a group.
func SetMulticastTTL(fd int, f Family, n int) error {
	return setBoth(fd, f, n, windows.IP_MULTICAST_TTL, windows.IPV6_MULTICAST_HOPS)
}

// SetMulticastLoopback sets whether members of a group on this machine receive what fd sends to it.
func SetMulticastLoopback(fd int, f Family, on bool) error {
	n := 0
	if on {
		n = 1
	}
	return setBoth(fd, f, n, windows.IP_MULTICAST_LOOP, windows.IPV6_MULTICAST_LOOP)
}

// SetMulticastInterface sets the interface on which fd sends to groups. With nil, the system chooses it.
func SetMulticastInterface(fd int, f Family, ifi *net.Interface) error {
	if f != Inet4 {
		return set(fd, windows.IPPROTO_IPV6, windows.IPV6_MULTICAST_IF, index(ifi))
	}
	ip, err := address4(ifi)
	if err != nil {
		return err
	}
	return callError("setsockopt",
		windows.SetsockoptInet4Addr(windows.Handle(fd), windows.IPPROTO_IP, windows.IP_MULTICAST_IF, ip))
}

// JoinGroup makes fd a member of a group on an interface. With nil, the system chooses it.
func JoinGroup(fd int, group netip.Addr, ifi *net.Interface) error {
	return membership(fd, group, ifi, windows.IP_ADD_MEMBERSHIP, windows.IPV6_JOIN_GROUP)
}

// LeaveGroup undoes JoinGroup.
func LeaveGroup(fd int, group netip.Addr, ifi *net.Interface) error {
	return membership(fd, group, ifi, windows.IP_DROP_MEMBERSHIP, windows.IPV6_LEAVE_GROUP)
}

func membership(fd int, group netip.Addr, ifi *net.Interface, option4, option6 int) error {
	s := windows.Handle(fd)
	if !group.Is4() {
		m := windows.IPv6Mreq{Multiaddr: group.As16(), Interface: uint32(index(ifi))}
		// windows.SetsockoptIPv6Mreq is a stub that fails.
		return callError("setsockopt", windows.Setsockopt(s, windows.IPPROTO_IPV6, int32(option6),
			(*byte)(unsafe.Pointer(&m)), int32(unsafe.Sizeof(m))))
	}
	ip, err := address4(ifi)
	if err != nil {
		return err
	}
	m := windows.IPMreq{Multiaddr: group.As4(), Interface: ip}
	return callError("setsockopt", windows.SetsockoptIPMreq(s, windows.IPPROTO_IP, option4, &m))
}

// address4 returns an IPv4 address of ifi, by which IPv4 names an interface, or zero for a nil ifi.
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

func index(ifi *net.Interface) int {
	if ifi == nil {
		return 0
	}
	return ifi.Index
}
