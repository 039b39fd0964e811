package sys

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// NameIn is the name in an address that the system has written, of which it has reported size bytes.
func NameIn(raw []byte, size uint32) string {
	var sa unix.RawSockaddrUnix
	copy(unsafe.Slice((*byte)(unsafe.Pointer(&sa)), unsafe.Sizeof(sa)), raw)
	var n Name
	n.fromRaw(&sa, size)
	return n.String()
}

// AddressOf is what the system gets for a name.
func AddressOf(name string) []byte {
	var sa unix.RawSockaddrUnix
	size := rawName(&sa, name)
	return unsafe.Slice((*byte)(unsafe.Pointer(&sa)), unsafe.Sizeof(sa))[:size]
}

// EndpointIn is NameIn for an address of IPv4 or IPv6.
func EndpointIn(raw []byte, size uint32) Endpoint {
	var sa unix.RawSockaddrInet6
	copy(unsafe.Slice((*byte)(unsafe.Pointer(&sa)), unsafe.Sizeof(sa)), raw)
	return fromRaw(&sa, size)
}

// RawEndpoint is AddressOf for an address of IPv4 or IPv6.
func RawEndpoint(e Endpoint, f Family) []byte {
	var sa unix.RawSockaddrInet6
	size := e.raw(f, &sa)
	return unsafe.Slice((*byte)(unsafe.Pointer(&sa)), unsafe.Sizeof(sa))[:size]
}

// Rights are the descriptors in control: those that go into fds, and those that are closed.
func Rights(control []byte, fds []int) (n int, full bool, closed []int) {
	n, full = rights(control, fds, func(fd int) { closed = append(closed, fd) })
	return n, full, closed
}

// MaxPath is how long a name may be.
const MaxPath = maxPath
