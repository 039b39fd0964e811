package sys

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// This file exchanges names with the system. Package unix has its own idea of them: a NUL ends one, and
// one of full length is refused.

// Abstract says that names beginning with @ are none of the file system's.
const Abstract = true

// maxPath is how many bytes a name has at most: a path of so many has no NUL behind it.
const maxPath = len(unix.RawSockaddrUnix{}.Path)

// pathAt is where the name begins in an address.
const pathAt = int(unsafe.Offsetof(unix.RawSockaddrUnix{}.Path))

// BindLocal gives fd a name. For an empty one the system chooses an abstract name.
func BindLocal(fd int, name string) error {
	var sa unix.RawSockaddrUnix
	size := rawName(&sa, name)
	_, _, errno := unix.Syscall(unix.SYS_BIND, uintptr(fd), uintptr(unsafe.Pointer(&sa)), uintptr(size))
	if errno != 0 {
		return os.NewSyscallError("bind", errno)
	}
	return nil
}

// ConnectLocal connects fd to the socket that has a name. EAGAIN and EINPROGRESS say that it is to be
// tried again.
func ConnectLocal(fd int, name string) Errno {
	var sa unix.RawSockaddrUnix
	size := rawName(&sa, name)
	_, _, errno := unix.Syscall(unix.SYS_CONNECT, uintptr(fd), uintptr(unsafe.Pointer(&sa)), uintptr(size))
	return connected(errno)
}

// LocalName is the name that fd is bound to; empty for none.
func LocalName(fd int) (string, error) { return askName(fd, unix.SYS_GETSOCKNAME, "getsockname") }

// PeerName is the name of the socket that fd is connected to; empty for none.
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

// fromRaw reads an address of which the system has reported size bytes. That may be one more than there
// are: it counts the NUL behind a path of full length.
func (n *Name) fromRaw(sa *unix.RawSockaddrUnix, size uint32) {
	n.n = 0
	if sa.Family != unix.AF_UNIX || size <= uint32(pathAt) {
		return
	}
	b := (*[maxPath]byte)(unsafe.Pointer(&sa.Path))
	n.parse(b[:min(int(size-uint32(pathAt)), maxPath)])
}

// rawName writes a name that CheckName has let through, or an empty one, as the system wants it, and
// returns the length.
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
