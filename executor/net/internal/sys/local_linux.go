package sys

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// RoomUnreported is false: a connected socket becomes writable when its peer has room.
const RoomUnreported = false

// ReceiverFull reports whether errno of SendLocal means that there is no room at the moment.
func ReceiverFull(errno Errno) bool { return errno == unix.EAGAIN }

func newPair(kind int) ([2]int, error) {
	return unix.Socketpair(unix.AF_UNIX, kind|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
}

// smallRights bounds the descriptors of a control message on the stack.
const smallRights = 16

// RecvLocal receives from a Unix socket, or with peek leaves what it returns in the queue. The system puts
// descriptors into fds, close-on-exec, and makes none that there is no room for. RecvLocal sets name, if not nil, to
// the name of the sender.
func RecvLocal(fd int, b []byte, fds []int, peek bool, name *Name) (r Message, errno Errno) {
	var small [unix.SizeofCmsghdr + 4*smallRights]byte
	var control []byte
	switch {
	case len(fds) == 0:
	case len(fds) > smallRights:
		control = make([]byte, unix.CmsgLen(4*len(fds)))
	default:
		// Not a byte more: if padding has room for one more descriptor, the system makes it.
		control = small[:unix.CmsgLen(4*len(fds))]
	}
	flags := uintptr(unix.MSG_CMSG_CLOEXEC | unix.MSG_DONTWAIT)
	if peek {
		flags |= unix.MSG_PEEK
	}
	var iov unix.Iovec
	iov.Base = unsafe.SliceData(b)
	iov.SetLen(len(b))
	var sa unix.RawSockaddrUnix
	for {
		var h unix.Msghdr
		h.Iov = &iov
		h.SetIovlen(1)
		h.Control = unsafe.SliceData(control)
		h.SetControllen(len(control))
		if name != nil {
			h.Name = (*byte)(unsafe.Pointer(&sa))
			h.Namelen = unix.SizeofSockaddrUnix
		}
		n, _, errno := unix.RawSyscall(unix.SYS_RECVMSG, uintptr(fd), uintptr(unsafe.Pointer(&h)), flags)
		switch errno {
		case 0:
		case unix.EINTR:
			continue
		default:
			return Message{}, errno
		}
		r.N = min(int(n), len(b))
		raceRead(b, r.N)
		r.Truncated = h.Flags&unix.MSG_TRUNC != 0
		r.FDs, r.Lost = rights(control[:min(int(h.Controllen), len(control))], fds, closeLost)
		r.Lost = r.Lost || h.Flags&unix.MSG_CTRUNC != 0
		if name != nil {
			name.fromRaw(&sa, h.Namelen)
		}
		return r, 0
	}
}

// SendLocal sends to the peer of a Unix socket, or if to is not empty, to the socket with that name. Descriptors go
// with the bytes.
func SendLocal(fd int, b []byte, fds []int, to string) (int, Errno) {
	var small [unix.SizeofCmsghdr + 4*smallRights]byte
	var control []byte
	if len(fds) > 0 {
		if size := unix.CmsgLen(4 * len(fds)); size <= len(small) {
			control = small[:size]
		} else {
			control = make([]byte, size)
		}
		putRights(control, fds)
	}
	var iov unix.Iovec
	iov.Base = unsafe.SliceData(b)
	iov.SetLen(len(b))
	var h unix.Msghdr
	h.Iov = &iov
	h.SetIovlen(1)
	h.Control = unsafe.SliceData(control)
	h.SetControllen(len(control))
	var sa unix.RawSockaddrUnix
	if to != "" {
		h.Namelen = rawName(&sa, to)
		h.Name = (*byte)(unsafe.Pointer(&sa))
	}
	raceWrite(b)
	for {
		n, _, errno := unix.RawSyscall(unix.SYS_SENDMSG, uintptr(fd), uintptr(unsafe.Pointer(&h)), unix.MSG_NOSIGNAL|unix.MSG_DONTWAIT)
		switch errno {
		case 0:
			return int(n), 0
		case unix.EINTR:
		default:
			return 0, errno
		}
	}
}

// putRights fills control, which has exactly the size for it.
func putRights(control []byte, fds []int) {
	h := (*unix.Cmsghdr)(unsafe.Pointer(unsafe.SliceData(control)))
	h.Level = unix.SOL_SOCKET
	h.Type = unix.SCM_RIGHTS
	h.SetLen(len(control))
	data := control[unix.CmsgLen(0):]
	for i, fd := range fds {
		*(*int32)(unsafe.Pointer(&data[4*i])) = int32(fd)
	}
}

// PeerCredentials returns those of the process that connected or listened, at that time.
func PeerCredentials(fd int) (Credentials, error) {
	u, err := unix.GetsockoptUcred(fd, unix.SOL_SOCKET, unix.SO_PEERCRED)
	if err != nil {
		return Credentials{}, err
	}
	return Credentials{PID: int(u.Pid), UID: int(u.Uid), GID: int(u.Gid)}, nil
}
