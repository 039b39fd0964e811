package sys

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// ShortIODrains says that a read or write that was cut short on a stream socket leaves nothing to
// be had, as [reactor.Registration.ClearReady] has it: Linux reports urgent data, so a read that
// was cut short at its mark is told apart.
const ShortIODrains = true

// OptionsInherited says that an accepted socket starts with the options of its listener.
const OptionsInherited = true

// Read reads from a socket. 0 bytes and no error are the end of the stream.
func Read(fd int, b []byte) (int, Errno) {
	n, errno := transfer(unix.SYS_READ, fd, b)
	raceRead(b, n)
	return n, errno
}

// Write writes what there is room for.
func Write(fd int, b []byte) (int, Errno) {
	raceWrite(b)
	return transfer(unix.SYS_WRITE, fd, b)
}

func transfer(call uintptr, fd int, b []byte) (int, Errno) {
	for {
		n, _, errno := unix.RawSyscall(call, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
		switch errno {
		case 0:
			return int(n), 0
		case unix.EINTR:
		default:
			return 0, errno
		}
	}
}

// Accept takes a connection from the backlog of fd.
func Accept(fd int) (conn int, from Endpoint, errno Errno) {
	for {
		var sa unix.RawSockaddrInet6 // the longer one of the two there can be
		size := uint32(unix.SizeofSockaddrInet6)
		n, _, errno := unix.RawSyscall6(unix.SYS_ACCEPT4, uintptr(fd),
			uintptr(unsafe.Pointer(&sa)), uintptr(unsafe.Pointer(&size)),
			unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0, 0)
		switch errno {
		case 0:
			return int(n), fromRaw(&sa, size), 0
		case unix.EINTR:
		default:
			return -1, Endpoint{}, errno
		}
	}
}

// fromRaw reads an address of either family, of which the system has reported size bytes; of any other
// family, of none, and of one that was cut short it makes the zero Endpoint.
func fromRaw(sa *unix.RawSockaddrInet6, size uint32) Endpoint {
	switch {
	case size >= unix.SizeofSockaddrInet4 && sa.Family == unix.AF_INET:
		sa4 := (*unix.RawSockaddrInet4)(unsafe.Pointer(sa))
		return from4(sa4.Addr, bigEndian(sa4.Port))
	case size >= unix.SizeofSockaddrInet6 && sa.Family == unix.AF_INET6:
		return Endpoint{ip: sa.Addr, zone: sa.Scope_id, port: bigEndian(sa.Port)}
	}
	return Endpoint{}
}

// bigEndian turns a port from the order of the network into the machine's, or back.
func bigEndian(port uint16) uint16 {
	b := (*[2]byte)(unsafe.Pointer(&port))
	return uint16(b[0])<<8 | uint16(b[1])
}

func newSocket(domain, kind, protocol int) (int, error) {
	return unix.Socket(domain, kind|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, protocol)
}
