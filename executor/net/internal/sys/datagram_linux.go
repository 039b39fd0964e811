package sys

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// RecvFrom receives a datagram, or with peek returns it and leaves it in the queue. Bytes that b has no room for are
// discarded, and then truncated is true.
func RecvFrom(fd int, b []byte, peek bool) (n int, truncated bool, from Endpoint, errno Errno) {
	flags := uintptr(unix.MSG_TRUNC | unix.MSG_DONTWAIT) // with MSG_TRUNC the system returns the true length
	if peek {
		flags |= unix.MSG_PEEK
	}
	for {
		var sa unix.RawSockaddrInet6 // the longer one of the two families
		size := uint32(unix.SizeofSockaddrInet6)
		n, _, errno := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd),
			uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), flags,
			uintptr(unsafe.Pointer(&sa)), uintptr(unsafe.Pointer(&size)))
		switch errno {
		case 0:
			length := int(n)
			raceRead(b, min(length, len(b)))
			return min(length, len(b)), length > len(b), fromRaw(&sa, size), 0
		case unix.EINTR:
		default:
			return 0, false, Endpoint{}, errno
		}
	}
}

// SendTo sends a datagram from a socket of family f.
func SendTo(fd int, b []byte, f Family, to Endpoint) Errno {
	var sa unix.RawSockaddrInet6
	size := to.raw(f, &sa)
	return sendTo(fd, b, unsafe.Pointer(&sa), size)
}

// Send sends a datagram to the peer of the socket.
func Send(fd int, b []byte) Errno { return sendTo(fd, b, nil, 0) }

func sendTo(fd int, b []byte, sa unsafe.Pointer, size uint32) Errno {
	raceWrite(b)
	for {
		_, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(fd),
			uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), unix.MSG_NOSIGNAL|unix.MSG_DONTWAIT,
			uintptr(sa), uintptr(size))
		if errno != unix.EINTR {
			return errno
		}
	}
}

// raw writes e in the format of the system for a socket of family f, and returns the length.
func (e Endpoint) raw(f Family, sa *unix.RawSockaddrInet6) uint32 {
	if f == Inet4 {
		sa4 := (*unix.RawSockaddrInet4)(unsafe.Pointer(sa))
		*sa4 = unix.RawSockaddrInet4{Family: unix.AF_INET, Port: bigEndian(e.port), Addr: e.as4()}
		return unix.SizeofSockaddrInet4
	}
	*sa = unix.RawSockaddrInet6{Family: unix.AF_INET6, Port: bigEndian(e.port), Addr: e.ip, Scope_id: e.zone}
	return unix.SizeofSockaddrInet6
}

// A Batch is the memory of one call that moves several datagrams.
//
// The calls are not raw ones, since one takes as long as many others together.
type Batch struct {
	headers [MaxBatch]mmsghdr
	iovecs  [MaxBatch]unix.Iovec
	names   [MaxBatch]unix.RawSockaddrInet6
	buffers [MaxBatch][]byte // for the race detector
}

type mmsghdr struct {
	header unix.Msghdr
	length uint32
}

// Room sets the buffer of the i-th datagram to receive.
func (m *Batch) Room(i int, b []byte) {
	m.put(i, b)
	m.headers[i].header.Name = (*byte)(unsafe.Pointer(&m.names[i]))
	m.headers[i].header.Namelen = unix.SizeofSockaddrInet6
}

// Message makes b the i-th datagram to send, from a socket of family f to its peer.
func (m *Batch) Message(i int, b []byte) {
	m.put(i, b)
	m.headers[i].header.Name = nil
	m.headers[i].header.Namelen = 0
}

// MessageTo is Message with an address.
func (m *Batch) MessageTo(i int, b []byte, f Family, to Endpoint) {
	m.put(i, b)
	m.headers[i].header.Name = (*byte)(unsafe.Pointer(&m.names[i]))
	m.headers[i].header.Namelen = to.raw(f, &m.names[i])
}

func (m *Batch) put(i int, b []byte) {
	m.iovecs[i].Base = unsafe.SliceData(b)
	m.iovecs[i].SetLen(len(b))
	m.buffers[i] = b
	m.headers[i].header.Iov = &m.iovecs[i]
	m.headers[i].header.SetIovlen(1)
}

// Recv receives up to n datagrams into the first n slots. It returns how many; without an error, at least one.
func (m *Batch) Recv(fd, n int) (int, Errno) {
	got, errno := m.call(unix.SYS_RECVMMSG, fd, n, 0)
	for i := range got {
		raceRead(m.buffers[i], int(m.headers[i].length))
	}
	return got, errno
}

// Received returns the i-th datagram of the last Recv.
func (m *Batch) Received(i int) (n int, truncated bool, from Endpoint) {
	h := &m.headers[i]
	return int(h.length), h.header.Flags&unix.MSG_TRUNC != 0, fromRaw(&m.names[i], h.header.Namelen)
}

// Send sends up to n datagrams from the first n slots. It returns how many; without an error, at least one. An error
// is that of the first datagram.
func (m *Batch) Send(fd, n int) (int, Errno) {
	for i := range n {
		raceWrite(m.buffers[i])
	}
	return m.call(unix.SYS_SENDMMSG, fd, n, unix.MSG_NOSIGNAL)
}

func (m *Batch) call(call uintptr, fd, n int, flags uintptr) (int, Errno) {
	for {
		done, _, errno := unix.Syscall6(call, uintptr(fd),
			uintptr(unsafe.Pointer(&m.headers)), uintptr(n), flags|unix.MSG_DONTWAIT, 0, 0)
		switch errno {
		case 0:
			return int(done), 0
		case unix.EINTR:
		default:
			return 0, errno
		}
	}
}

// Clear drops the buffers of the first n slots.
func (m *Batch) Clear(n int) {
	for i := range n {
		m.iovecs[i].Base = nil
		m.buffers[i] = nil
	}
}
