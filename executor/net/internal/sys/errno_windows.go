package sys

import (
	"os"
	"syscall"

	"golang.org/x/sys/windows"
)

// Errno is an error number of the system; 0 is none. It is a type of its own so that programs need not know
// Windows' numbers: package syscall has numbers of its own invention for what other systems call ECONNREFUSED
// and so on, and an Errno equals these, too, under errors.Is.
type Errno uintptr

const (
	EAGAIN      = Errno(windows.WSAEWOULDBLOCK)
	EINPROGRESS = Errno(windows.WSAEINPROGRESS)
	ENOTCONN    = Errno(windows.WSAENOTCONN)
)

// Error is the system's text.
func (e Errno) Error() string { return syscall.Errno(e).Error() }

// Unwrap returns the number as package syscall has it.
func (e Errno) Unwrap() error { return syscall.Errno(e) }

// Timeout reports whether the system has given up waiting.
func (e Errno) Timeout() bool { return e == Errno(windows.WSAETIMEDOUT) }

// Temporary is what package net asks for.
func (e Errno) Temporary() bool {
	return e.Timeout() || e == Errno(windows.WSAECONNABORTED) || e == Errno(windows.WSAECONNRESET) || Exhausted(e)
}

// Is reports whether target is e's number elsewhere, or what that number stands for.
func (e Errno) Is(target error) bool {
	posix := e.posix()
	return posix != 0 && (target == posix || posix.Is(target))
}

func (e Errno) posix() syscall.Errno {
	switch syscall.Errno(e) {
	case windows.WSAEWOULDBLOCK:
		return syscall.EAGAIN
	case windows.WSAEINPROGRESS:
		return syscall.EINPROGRESS
	case windows.WSAEALREADY:
		return syscall.EALREADY
	case windows.WSAENOTCONN:
		return syscall.ENOTCONN
	case windows.WSAEISCONN:
		return syscall.EISCONN
	case windows.WSAESHUTDOWN:
		return syscall.EPIPE
	case windows.WSAECONNREFUSED:
		return syscall.ECONNREFUSED
	case windows.WSAECONNRESET:
		return syscall.ECONNRESET
	case windows.WSAECONNABORTED:
		return syscall.ECONNABORTED
	case windows.WSAETIMEDOUT:
		return syscall.ETIMEDOUT
	case windows.WSAEADDRINUSE:
		return syscall.EADDRINUSE
	case windows.WSAEADDRNOTAVAIL:
		return syscall.EADDRNOTAVAIL
	case windows.WSAEDESTADDRREQ:
		return syscall.EDESTADDRREQ
	case windows.WSAEMSGSIZE:
		return syscall.EMSGSIZE
	case windows.WSAENETUNREACH:
		return syscall.ENETUNREACH
	case windows.WSAEHOSTUNREACH:
		return syscall.EHOSTUNREACH
	case windows.WSAENETDOWN:
		return syscall.ENETDOWN
	case windows.WSAEMFILE:
		return syscall.EMFILE
	case windows.WSAENOBUFS:
		return syscall.ENOBUFS
	case windows.WSAEACCES:
		return syscall.EACCES
	case windows.WSAEINVAL:
		return syscall.EINVAL
	case windows.WSAEFAULT:
		return syscall.EFAULT
	case windows.WSAENOTSOCK:
		return syscall.ENOTSOCK
	case windows.WSAENOPROTOOPT:
		return syscall.ENOPROTOOPT
	case windows.WSAEOPNOTSUPP:
		return syscall.EOPNOTSUPP
	case windows.WSAEAFNOSUPPORT, windows.WSAEPROTONOSUPPORT, windows.WSAESOCKTNOSUPPORT:
		return syscall.ENOTSUP
	}
	return 0
}

// errnoOf is the number in an error of package windows.
func errnoOf(err error) Errno {
	switch err := err.(type) {
	case nil:
		return 0
	case syscall.Errno:
		return Errno(err)
	case Errno:
		return err
	}
	return Errno(windows.WSAEINVAL)
}

// callError is the error of a call that package windows has made.
func callError(call string, err error) error {
	if err == nil {
		return nil
	}
	return os.NewSyscallError(call, errnoOf(err))
}

// AcceptAgain reports whether an error of Accept concerns a connection that was lost before it was
// accepted, and not the listener: the next one may be had.
func AcceptAgain(errno Errno) bool {
	switch syscall.Errno(errno) {
	case windows.WSAECONNRESET, windows.WSAECONNABORTED, windows.WSAENETDOWN,
		windows.WSAENOTCONN: // taken, and found to be gone
		return true
	}
	return false
}

// NoRoom reports whether err, of a registration with a poller, says that the system has no room for another one, for
// now.
func NoRoom(err error) bool { return Exhausted(errnoOf(err)) }

// Exhausted reports whether errno says that descriptors or memory have run out, for now.
func Exhausted(errno Errno) bool {
	switch syscall.Errno(errno) {
	case windows.WSAEMFILE, windows.WSAENOBUFS, windows.ERROR_NOT_ENOUGH_MEMORY, windows.ERROR_NO_SYSTEM_RESOURCES,
		windows.ERROR_TOO_MANY_OPEN_FILES:
		return true
	}
	return false
}
