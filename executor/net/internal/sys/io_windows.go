package sys

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Package windows makes an error of each number, which costs an allocation for each try that would block; so this
// file makes the calls that each message needs.

var (
	ws2_32          = windows.NewLazySystemDLL("ws2_32.dll")
	procRecv        = ws2_32.NewProc("recv")
	procSend        = ws2_32.NewProc("send")
	procAccept      = ws2_32.NewProc("accept")
	procWSARecv     = ws2_32.NewProc("WSARecv")
	procWSASend     = ws2_32.NewProc("WSASend")
	procWSARecvFrom = ws2_32.NewProc("WSARecvFrom")
	procWSASendTo   = ws2_32.NewProc("WSASendTo")
)

// ShortIODrains is true: when the readiness is cleared, the reactor polls the socket again, and so finds bytes behind
// a mark or a boundary.
const ShortIODrains = true

// OptionsInherited is false: it is not documented which options an accepted socket inherits from its listener.
const OptionsInherited = false

// failed is the result of the calls if they fail.
const failed = ^uintptr(0)

// Read reads from a socket. 0 bytes without an error mean the end of the stream.
func Read(fd int, b []byte) (int, Errno) {
	r, _, errno := syscall.SyscallN(procRecv.Addr(), uintptr(fd),
		uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), 0)
	if int32(r) == -1 {
		return 0, afterShutdown(Errno(errno))
	}
	raceRead(b, int(r))
	return int(r), 0
}

// afterShutdown turns the error of a read after ShutdownRead into the end of the stream, as on other systems.
func afterShutdown(errno Errno) Errno {
	if errno == Errno(windows.WSAESHUTDOWN) {
		return 0
	}
	return errno
}

// Write writes as much as there is room for.
func Write(fd int, b []byte) (int, Errno) {
	raceWrite(b)
	r, _, errno := syscall.SyscallN(procSend.Addr(), uintptr(fd),
		uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), 0)
	if int32(r) == -1 {
		return 0, Errno(errno)
	}
	return int(r), 0
}

// Accept takes a connection from the backlog of fd.
func Accept(fd int) (conn int, from Endpoint, errno Errno) {
	s, from, errno := accept(fd)
	if errno != 0 {
		return -1, Endpoint{}, errno
	}
	if err := setNonblock(s); err != nil {
		windows.Closesocket(s)
		return -1, Endpoint{}, errnoOf(err)
	}
	return int(s), from, 0
}

// accept ensures that no other process inherits the new socket. No call makes the socket so from the start, so accept
// excludes the start of a process in between.
func accept(fd int) (windows.Handle, Endpoint, Errno) {
	var sa windows.RawSockaddrAny
	size := int32(unsafe.Sizeof(sa))
	syscall.ForkLock.RLock()
	r, _, errno := syscall.SyscallN(procAccept.Addr(), uintptr(fd),
		uintptr(unsafe.Pointer(&sa)), uintptr(unsafe.Pointer(&size)))
	if r != failed {
		_ = windows.SetHandleInformation(windows.Handle(r), windows.HANDLE_FLAG_INHERIT, 0)
	}
	syscall.ForkLock.RUnlock()
	if r == failed {
		return windows.InvalidHandle, Endpoint{}, Errno(errno)
	}
	return windows.Handle(r), endpointOf(&sa), 0
}

// endpointOf reads an address that the system has written.
func endpointOf(sa *windows.RawSockaddrAny) Endpoint {
	switch sa.Addr.Family {
	case windows.AF_INET:
		in := (*windows.RawSockaddrInet4)(unsafe.Pointer(sa))
		return from4(in.Addr, swap(in.Port))
	case windows.AF_INET6:
		in := (*windows.RawSockaddrInet6)(unsafe.Pointer(sa))
		return Endpoint{ip: in.Addr, zone: in.Scope_id, port: swap(in.Port)}
	}
	return Endpoint{}
}

// put writes an address in the format of the system, for a socket of family f, and returns its size.
func (e Endpoint) put(sa *windows.RawSockaddrAny, f Family) uintptr {
	if f == Inet4 {
		*(*windows.RawSockaddrInet4)(unsafe.Pointer(sa)) = windows.RawSockaddrInet4{
			Family: windows.AF_INET, Port: swap(e.port), Addr: e.as4(),
		}
		return unsafe.Sizeof(windows.RawSockaddrInet4{})
	}
	*(*windows.RawSockaddrInet6)(unsafe.Pointer(sa)) = windows.RawSockaddrInet6{
		Family: windows.AF_INET6, Port: swap(e.port), Addr: e.ip, Scope_id: e.zone,
	}
	return unsafe.Sizeof(windows.RawSockaddrInet6{})
}

// swap converts a port between the byte orders of the network and of the machine: every Windows is little-endian.
func swap(port uint16) uint16 { return port<<8 | port>>8 }

// maxVector bounds the buffers of one call.
const maxVector = 32

// vector returns the part of bufs that one call may move, and its number of bytes.
func vector(v *[maxVector]windows.WSABuf, bufs [][]byte) (count uint32, bytes int) {
	for _, b := range bufs {
		if count == maxVector || bytes == MaxTransfer {
			break
		}
		if len(b) == 0 {
			continue
		}
		b = b[:min(len(b), MaxTransfer-bytes)]
		v[count] = windows.WSABuf{Len: uint32(len(b)), Buf: unsafe.SliceData(b)}
		count++
		bytes += len(b)
	}
	return count, bytes
}

// Readv is Read into several buffers, one after the other. requested is the number of bytes that the call has room for.
func Readv(fd int, bufs [][]byte) (n, requested int, errno Errno) {
	var v [maxVector]windows.WSABuf
	count, requested := vector(&v, bufs)
	n, errno = recvv(fd, v[:count], 0)
	for left, i := n, uint32(0); left > 0; i++ {
		b := unsafe.Slice(v[i].Buf, v[i].Len)
		raceRead(b, min(left, len(b)))
		left -= len(b)
	}
	return n, requested, errno
}

// Writev is Write of several buffers, one after the other.
func Writev(fd int, bufs [][]byte) (n, requested int, errno Errno) {
	var v [maxVector]windows.WSABuf
	count, requested := vector(&v, bufs)
	for _, b := range v[:count] {
		raceWrite(unsafe.Slice(b.Buf, b.Len))
	}
	var sent uint32
	r, _, e := syscall.SyscallN(procWSASend.Addr(), uintptr(fd), uintptr(unsafe.Pointer(&v)), uintptr(count),
		uintptr(unsafe.Pointer(&sent)), 0, 0, 0)
	if r != 0 {
		return 0, requested, Errno(e)
	}
	return int(sent), requested, 0
}

func recvv(fd int, v []windows.WSABuf, flags uint32) (int, Errno) {
	var n uint32
	r, _, errno := syscall.SyscallN(procWSARecv.Addr(), uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(v))),
		uintptr(len(v)), uintptr(unsafe.Pointer(&n)), uintptr(unsafe.Pointer(&flags)), 0, 0)
	if r != 0 {
		return 0, afterShutdown(Errno(errno))
	}
	return int(n), 0
}
