package sys

import (
	"net"
	"net/netip"
	"strconv"
)

// An Endpoint is the address of one end of a connection in 24 bytes, half the size of a netip.AddrPort: each
// connection has one.
type Endpoint struct {
	ip   [16]byte // IPv4 in its mapped form
	zone uint32   // index of the interface; 0 for none
	port uint16
}

// EndpointOf packs ap. It fails if the zone of ap names no interface, or if an IPv4 address has a zone. The error
// names the address and is a *net.AddrError and syscall.EINVAL.
func EndpointOf(ap netip.AddrPort) (Endpoint, error) {
	e := Endpoint{ip: ap.Addr().As16(), port: ap.Port()}
	zone := ap.Addr().Zone()
	if zone == "" {
		return e, nil
	}
	if ap.Addr().Is4In6() {
		return e, badName("an IPv4 address has no zone", ap.String())
	}
	var ok bool
	if e.zone, ok = zoneIndex(zone); !ok {
		return e, badName("no such zone", ap.String())
	}
	return e, nil
}

// AddrPort unpacks e.
func (e Endpoint) AddrPort() netip.AddrPort {
	ip := netip.AddrFrom16(e.ip).Unmap()
	if e.zone != 0 {
		ip = ip.WithZone(zoneName(e.zone))
	}
	return netip.AddrPortFrom(ip, e.port)
}

// TCPAddr returns e as a type of package net.
func (e Endpoint) TCPAddr() *net.TCPAddr { return net.TCPAddrFromAddrPort(e.AddrPort()) }

// UDPAddr returns e as a type of package net.
func (e Endpoint) UDPAddr() *net.UDPAddr { return net.UDPAddrFromAddrPort(e.AddrPort()) }

// Family returns the narrowest family that can express e.
func (e Endpoint) Family() Family {
	if netip.AddrFrom16(e.ip).Is4In6() {
		return Inet4
	}
	return Inet6
}

// Unspecified reports whether e is the wildcard of either family.
func (e Endpoint) Unspecified() bool { return netip.AddrFrom16(e.ip).Unmap().IsUnspecified() }

// Here returns e, or the loopback address if e is a wildcard, which names no machine to connect to.
func (e Endpoint) Here() Endpoint {
	if e.Unspecified() {
		return e.Family().Loopback(e.port)
	}
	return e
}

// ListenFamily returns the family of a socket that is bound to e, and whether the socket excludes the other family.
// As in package net, a wildcard of either family means both, unless network ends in 4 or 6.
func (e Endpoint) ListenFamily(network string) (f Family, only6 bool) {
	switch {
	case network[len(network)-1] == '4':
		return Inet4, false
	case network[len(network)-1] == '6':
		return Inet6, true
	case e.Unspecified():
		return Inet6, false
	}
	return e.Family(), false
}

// as4 returns the address of e, whose Family is Inet4.
func (e Endpoint) as4() [4]byte { return [4]byte(e.ip[12:]) }

func from4(ip [4]byte, port uint16) Endpoint {
	return Endpoint{ip: netip.AddrFrom4(ip).As16(), port: port}
}

// An interface may be removed before its name or its index is looked up; then the zone is the number as text. Zone 0
// means no zone.

func zoneIndex(name string) (uint32, bool) {
	if ifi, err := net.InterfaceByName(name); err == nil {
		return uint32(ifi.Index), true
	}
	n, err := strconv.ParseUint(name, 10, 32)
	return uint32(n), err == nil
}

// ZoneInterface returns the interface of a zone, which is its name or its number.
func ZoneInterface(zone string) (*net.Interface, error) {
	if ifi, err := net.InterfaceByName(zone); err == nil {
		return ifi, nil
	}
	if n, err := strconv.ParseUint(zone, 10, 31); err == nil {
		if ifi, err := net.InterfaceByIndex(int(n)); err == nil {
			return ifi, nil
		}
	}
	return nil, badName("no such zone", zone)
}

func zoneName(index uint32) string {
	if ifi, err := net.InterfaceByIndex(int(index)); err == nil {
		return ifi.Name
	}
	return strconv.FormatUint(uint64(index), 10)
}

// Family is an address family.
type Family uint8

const (
	Inet4 Family = iota
	Inet6
)

// Digit returns the digit that f adds to the name of a network.
func (f Family) Digit() string {
	if f == Inet4 {
		return "4"
	}
	return "6"
}

// Any returns the wildcard of f.
func (f Family) Any(port uint16) Endpoint {
	if f == Inet4 {
		return from4([4]byte{}, port)
	}
	return Endpoint{port: port}
}

// Loopback returns the loopback address of f.
func (f Family) Loopback(port uint16) Endpoint {
	if f == Inet4 {
		return from4([4]byte{127, 0, 0, 1}, port)
	}
	return Endpoint{ip: netip.IPv6Loopback().As16(), port: port}
}
