package sys

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// This file passes names to the system and back. Package unix does not keep them exact: it ends a name at a NUL, and
// refuses one of full length.

// Abstract is true: a name that begins with @ is not a path.
const Abstract = true

// maxPath bounds the bytes of a name: a path of so many has no NUL behind it.
const maxPath = len(unix.RawSockaddrUnix{}.Path)

// pathAt is the offset of the name in an address.
const pathAt = int(unsafe.Offsetof(unix.RawSockaddrUnix{}.Path))

// BindLocal binds fd to a name. With an empty one, the system chooses an abstract name.
func BindLocal(fd int, name string) error {
	var sa unix.RawSockaddrUnix
	size := rawName(&sa, name)
	_, _, errno := unix.Syscall(unix.SYS_BIND, uintptr(fd), uintptr(unsafe.Pointer(&sa)), uintptr(size))
	if errno != 0 {
		return os.NewSyscallError("bind", errno)
	}
	return nil
}

// ConnectLocal connects fd to the socket with a name. EAGAIN and EINPROGRESS mean that the caller tries again.
func ConnectLocal(fd int, name string) Errno {
	var sa unix.RawSockaddrUnix
	size := rawName(&sa, name)
	_, _, errno := unix.Syscall(unix.SYS_CONNECT, uintptr(fd), uintptr(unsafe.Pointer(&sa)), uintptr(size))
	return connected(errno)
}

// LocalName returns the name that fd is bound to; empty for none.
func LocalName(fd int) (string, error) { return askName(fd, unix.SYS_GETSOCKNAME, "getsockname") }

// PeerName returns the name of the socket that fd is connected to; empty for none.
func PeerName(fd int) (string, error) { return askName(fd, unix.SYS_GETPEERNAME, "getpeername") }

func askName(fd int, call uintptr, name string) (string, error) {
	var sa unix.RawSockaddrUnix
	size := uint32(unsafe.Sizeof(sa))
	_, _, errno := unix.RawSyscall(call, uintptr(fd), uintptr(unsafe.Pointer(&sa)), uintptr(unsafe.Pointer(&size)))
	if errno != 0 {
		return "", os.NewSyscallError(name, errno)
	}
	var n Name
	n.fromRaw(&sa, size)
	return n.String(), nil
}

// fromRaw reads an address of which the system has reported size bytes. That may be one too many: the system counts
// the NUL behind a path of full length.
func (n *Name) fromRaw(sa *unix.RawSockaddrUnix, size uint32) {
	n.n = 0
	if sa.Family != unix.AF_UNIX || size <= uint32(pathAt) {
		return
	}
	b := (*[maxPath]byte)(unsafe.Pointer(&sa.Path))
	n.parse(b[:min(int(size-uint32(pathAt)), maxPath)])
}

// rawName writes a name that CheckName accepts, or an empty one, in the format of the system, and returns the length.
func rawName(sa *unix.RawSockaddrUnix, name string) uint32 {
	sa.Family = unix.AF_UNIX
	b := (*[maxPath]byte)(unsafe.Pointer(&sa.Path))
	if IsAbstract(name) {
		n := copy(b[:], name)
		b[0] = 0
		return uint32(pathAt + n)
	}
	n := copy(b[:], path(name))
	if n > 0 && n < maxPath {
		n++ // with the NUL
	}
	return uint32(pathAt + n)
}
