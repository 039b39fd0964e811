package sys

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// RecvFrom receives a datagram, or with peek returns it and leaves it in the queue. Bytes that b has no room for are
// discarded, and then truncated is true.
func RecvFrom(fd int, b []byte, peek bool) (n int, truncated bool, from Endpoint, errno Errno) {
	var sa windows.RawSockaddrAny
	size := int32(unsafe.Sizeof(sa))
	buf := windows.WSABuf{Len: uint32(len(b)), Buf: unsafe.SliceData(b)}
	var got, flags uint32
	if peek {
		flags = msgPeek
	}
	r, _, e := syscall.SyscallN(procWSARecvFrom.Addr(), uintptr(fd), uintptr(unsafe.Pointer(&buf)), 1,
		uintptr(unsafe.Pointer(&got)), uintptr(unsafe.Pointer(&flags)),
		uintptr(unsafe.Pointer(&sa)), uintptr(unsafe.Pointer(&size)), 0, 0)
	switch {
	case r == 0:
		n = int(got)
	case e == windows.WSAEMSGSIZE:
		n, truncated = len(b), true
	case e == windows.WSAECONNRESET:
		// A datagram socket has no connection to reset: Windows reports so that the port of the peer is unreachable.
		return 0, false, Endpoint{}, Errno(windows.WSAECONNREFUSED)
	default:
		return 0, false, Endpoint{}, Errno(e)
	}
	raceRead(b, n)
	return n, truncated, endpointOf(&sa), 0
}

const msgPeek = 2

// SendTo sends a datagram from a socket of family f.
func SendTo(fd int, b []byte, f Family, to Endpoint) Errno {
	var sa windows.RawSockaddrAny
	size := to.put(&sa, f)
	return sendTo(fd, b, &sa, size)
}

// Send sends a datagram to the peer of the socket.
func Send(fd int, b []byte) Errno {
	_, errno := Write(fd, b)
	if errno == ENOTCONN {
		errno = Errno(windows.WSAEDESTADDRREQ) // the number that other systems use
	}
	return errno
}

func sendTo(fd int, b []byte, sa *windows.RawSockaddrAny, size uintptr) Errno {
	raceWrite(b)
	buf := windows.WSABuf{Len: uint32(len(b)), Buf: unsafe.SliceData(b)}
	var sent uint32
	r, _, errno := syscall.SyscallN(procWSASendTo.Addr(), uintptr(fd), uintptr(unsafe.Pointer(&buf)), 1,
		uintptr(unsafe.Pointer(&sent)), 0, uintptr(unsafe.Pointer(sa)), size, 0, 0)
	if r != 0 {
		return Errno(errno)
	}
	return 0
}
