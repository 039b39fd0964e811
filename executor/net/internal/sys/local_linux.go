package sys

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// DatagramsJam is false where a socket that is connected becomes writable when its peer has room.
const DatagramsJam = false

// Abstract says that names beginning with @ are none of the file system's.
const Abstract = true

// Jammed reports whether errno of SendLocal says that there is no room for now.
func Jammed(errno Errno) bool { return errno == unix.EAGAIN }

func newPair(kind int) ([2]int, error) {
	return unix.Socketpair(unix.AF_UNIX, kind|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
}

// smallRights is for how many descriptors the control message lies on the stack.
const smallRights = 16

// RecvLocal receives from a Unix socket, or looks at what is there and leaves it. Descriptors that
// come along are put into fds. Those that there is no room for the system does not even make; it
// makes them close-on-exec. name, if not nil, is set to the sender's.
func RecvLocal(fd int, b []byte, fds []int, peek bool, name *Name) (r Message, errno Errno) {
	var small [unix.SizeofCmsghdr + 4*smallRights]byte
	var control []byte
	switch {
	case len(fds) == 0:
	case len(fds) > smallRights:
		control = make([]byte, unix.CmsgLen(4*len(fds)))
	default:
		// Not a byte more: where padding has room for one more descriptor, the system makes it.
		control = small[:unix.CmsgLen(4*len(fds))]
	}
	flags := uintptr(unix.MSG_CMSG_CLOEXEC)
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
		r.Lost = h.Flags&unix.MSG_CTRUNC != 0
		r.FDs = rights(control[:h.Controllen], fds, &r.Lost)
		if name != nil {
			name.fromRaw(&sa, h.Namelen)
		}
		return r, 0
	}
}

// rights takes the descriptors out of a control message.
func rights(control []byte, fds []int, lost *bool) (n int) {
	for len(control) >= unix.SizeofCmsghdr {
		h := (*unix.Cmsghdr)(unsafe.Pointer(unsafe.SliceData(control)))
		size := int(h.Len)
		if size < unix.SizeofCmsghdr || size > len(control) {
			return n
		}
		if h.Level == unix.SOL_SOCKET && h.Type == unix.SCM_RIGHTS {
			for data := control[unix.CmsgLen(0):size]; len(data) >= 4; data = data[4:] {
				fd := int(*(*int32)(unsafe.Pointer(unsafe.SliceData(data))))
				if n == len(fds) {
					_ = Close(fd)
					*lost = true
					continue
				}
				fds[n] = fd
				n++
			}
		}
		control = control[min(unix.CmsgSpace(size-unix.CmsgLen(0)), len(control)):]
	}
	return n
}

func (n *Name) fromRaw(sa *unix.RawSockaddrUnix, size uint32) {
	n.n = 0
	for i := range int(size) - int(unsafe.Offsetof(sa.Path)) {
		c := byte(sa.Path[i])
		if c == 0 && i == 0 {
			c = '@'
		} else if c == 0 && n.bytes[0] != '@' {
			break
		}
		n.bytes[i] = c
		n.n = i + 1
	}
}

// SendLocal sends to a Unix socket: to where it is connected, or if to is not empty, to the socket
// that has that name. Descriptors go along.
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
		size, errno := rawName(&sa, to)
		if errno != 0 {
			return 0, errno
		}
		h.Name = (*byte)(unsafe.Pointer(&sa))
		h.Namelen = size
	}
	raceWrite(b)
	for {
		n, _, errno := unix.RawSyscall(unix.SYS_SENDMSG, uintptr(fd), uintptr(unsafe.Pointer(&h)), unix.MSG_NOSIGNAL)
		switch errno {
		case 0:
			return int(n), 0
		case unix.EINTR:
		default:
			return 0, errno
		}
	}
}

// putRights fills control, which has room for exactly that.
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

// rawName writes a name as the system wants it, and returns the length.
func rawName(sa *unix.RawSockaddrUnix, name string) (uint32, Errno) {
	abstract := name[0] == '@' || name[0] == 0
	if len(name) > len(sa.Path) || len(name) == len(sa.Path) && !abstract {
		return 0, unix.EINVAL
	}
	sa.Family = unix.AF_UNIX
	for i := range len(name) {
		sa.Path[i] = int8(name[i])
	}
	size := uint32(unsafe.Offsetof(sa.Path)) + uint32(len(name))
	if abstract {
		sa.Path[0] = 0
		return size, 0
	}
	return size + 1, 0 // with the NUL
}

// PeerCredentials are those of the process that connected, or listened, at the time.
func PeerCredentials(fd int) (Credentials, error) {
	u, err := unix.GetsockoptUcred(fd, unix.SOL_SOCKET, unix.SO_PEERCRED)
	if err != nil {
		return Credentials{}, err
	}
	return Credentials{PID: int(u.Pid), UID: int(u.Uid), GID: int(u.Gid)}, nil
}
