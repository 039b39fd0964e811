package sys

import (
	"os"
	"syscall"

	"golang.org/x/sys/windows"
)

// Errno is an error number of the system; 0 is none. It is a type of its own, so that programs do not need the
// numbers of Windows: package syscall has invented numbers for ECONNREFUSED and other errors of Unix, and errors.Is
// finds that an Errno is these, too.
type Errno uintptr

const (
	EAGAIN      = Errno(windows.WSAEWOULDBLOCK)
	EINPROGRESS = Errno(windows.WSAEINPROGRESS)
	ENOTCONN    = Errno(windows.WSAENOTCONN)
)

// Error returns the text of the system.
func (e Errno) Error() string { return syscall.Errno(e).Error() }

// Unwrap returns the number as a syscall.Errno.
func (e Errno) Unwrap() error { return syscall.Errno(e) }

// Timeout reports whether the error is a timeout of the system.
func (e Errno) Timeout() bool { return e == Errno(windows.WSAETIMEDOUT) }

// Temporary makes Errno a net.Error.
func (e Errno) Temporary() bool {
	return e.Timeout() || e == Errno(windows.WSAECONNABORTED) || e == Errno(windows.WSAECONNRESET) || Exhausted(e)
}

// Is reports whether target is the number of e on other systems, or an error that this number means.
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

// errnoOf returns the number in an error of package windows.
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

// callError returns the error of a call of package windows.
func callError(call string, err error) error {
	if err == nil {
		return nil
	}
	return os.NewSyscallError(call, errnoOf(err))
}

// AcceptAgain reports whether an error of Accept concerns a connection that was lost before the accept, and not the
// listener: the caller accepts the next one.
func AcceptAgain(errno Errno) bool {
	switch syscall.Errno(errno) {
	case windows.WSAECONNRESET, windows.WSAECONNABORTED, windows.WSAENETDOWN,
		windows.WSAENOTCONN: // accepted, and already lost
		return true
	}
	return false
}

// NoRoom reports whether err, of a registration with a poller, means that the system has no room for another one at
// the moment.
func NoRoom(err error) bool { return Exhausted(errnoOf(err)) }

// Exhausted reports whether errno means that there are no descriptors or no memory at the moment.
func Exhausted(errno Errno) bool {
	switch syscall.Errno(errno) {
	case windows.WSAEMFILE, windows.WSAENOBUFS, windows.ERROR_NOT_ENOUGH_MEMORY, windows.ERROR_NO_SYSTEM_RESOURCES,
		windows.ERROR_TOO_MANY_OPEN_FILES:
		return true
	}
	return false
}
