package sys

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// ShortIODrains says that a read or write of fewer bytes than requested proves that the next one on this stream
// socket would block; see [reactor.Registration.ClearReady]. Linux reports urgent data, so a read that stopped at its
// mark is recognized.
const ShortIODrains = true

// noNetwork reports whether the machine is not on a network: an error that only Linux has.
func noNetwork(errno Errno) bool { return errno == unix.ENONET }

// OptionsInherited says that an accepted socket starts with the options of its listener.
const OptionsInherited = true

// Read reads from a socket. 0 bytes without an error mean the end of the stream.
func Read(fd int, b []byte) (int, Errno) {
	n, errno := transfer(unix.SYS_RECVFROM, fd, b, 0)
	raceRead(b, n)
	return n, errno
}

// Write writes as much as there is room for.
func Write(fd int, b []byte) (int, Errno) {
	raceWrite(b)
	return transfer(unix.SYS_SENDTO, fd, b, unix.MSG_NOSIGNAL)
}

// transfer is a raw call, so it must never block. The mode of the descriptor does not ensure that (see the package
// comment), but MSG_DONTWAIT does, which read and write do not have.
func transfer(call uintptr, fd int, b []byte, flags uintptr) (int, Errno) {
	for {
		n, _, errno := unix.RawSyscall6(call, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)),
			flags|unix.MSG_DONTWAIT, 0, 0)
		switch errno {
		case 0:
			return int(n), 0
		case unix.EINTR:
		default:
			return 0, errno
		}
	}
}

// AtMark finds out why a splice from fd has moved nothing. It peeks at one byte, and returns the result of that: a
// byte means that the splice has stopped at the mark of urgent data, which a read gets past; otherwise it is the end,
// or the socket is empty.
func AtMark(fd int) (n int, errno Errno) {
	var b [1]byte
	return transfer(unix.SYS_RECVFROM, fd, b[:], unix.MSG_PEEK)
}

// Blocking reports whether the descriptor is in blocking mode: another process that shares it may have changed the
// mode. It precedes calls that have no flag against blocking.
func Blocking(fd int) bool {
	flags, _, errno := unix.RawSyscall(unix.SYS_FCNTL, uintptr(fd), unix.F_GETFL, 0)
	return errno == 0 && flags&unix.O_NONBLOCK == 0
}

// SetNonblock makes the descriptor non-blocking again.
func SetNonblock(fd int) error { return os.NewSyscallError("fcntl", unix.SetNonblock(fd, true)) }

// Accept takes a connection from the backlog of fd.
//
// No flag makes an accept non-blocking, so Accept checks the backlog first, which costs less than an accept that
// finds no connection. If the descriptor is in blocking mode, and another process takes the connection in between,
// the accept blocks; it is not a raw call, so it blocks a worker then, and not the whole process.
func Accept(fd int) (conn int, from Endpoint, errno Errno) {
	for {
		if !acceptable(fd) {
			return -1, Endpoint{}, EAGAIN
		}
		var sa unix.RawSockaddrInet6 // the longer one of the two families
		size := uint32(unix.SizeofSockaddrInet6)
		n, _, errno := unix.Syscall6(unix.SYS_ACCEPT4, uintptr(fd),
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

// acceptable reports whether an accept would return a connection or an error.
func acceptable(fd int) bool {
	p := unix.PollFd{Fd: int32(fd), Events: unix.POLLIN}
	for {
		var now unix.Timespec
		n, _, errno := unix.RawSyscall6(unix.SYS_PPOLL, uintptr(unsafe.Pointer(&p)), 1, uintptr(unsafe.Pointer(&now)), 0, 0, 0)
		if errno != unix.EINTR {
			return errno != 0 || n != 0
		}
	}
}

// fromRaw reads an address of either family, of which the system has reported size bytes. For an address of another
// family, and for one that is missing or truncated, it returns the zero Endpoint.
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

// bigEndian converts a port between the byte orders of the network and of the machine.
func bigEndian(port uint16) uint16 {
	b := (*[2]byte)(unsafe.Pointer(&port))
	return uint16(b[0])<<8 | uint16(b[1])
}

func newSocket(domain, kind, protocol int) (int, error) {
	return unix.Socket(domain, kind|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, protocol)
}
