package sys

import (
	"errors"
	"os"
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// startSockets allows the process to use sockets. It has no counterpart: Windows ends the use with the process.
var startSockets = sync.OnceValue(func() error {
	var data windows.WSAData
	return windows.WSAStartup(0x202, &data)
})

// Socket makes a TCP socket.
func Socket(f Family) (int, error) {
	fd, err := newSocket(f.domain(), windows.SOCK_STREAM, windows.IPPROTO_TCP)
	return fd, callError("socket", err)
}

// DatagramSocket makes a UDP socket.
func DatagramSocket(f Family) (int, error) {
	fd, err := newSocket(f.domain(), windows.SOCK_DGRAM, windows.IPPROTO_UDP)
	if err == nil {
		reportRefused(fd, false)
	}
	return fd, callError("socket", err)
}

func (f Family) domain() int {
	if f == Inet4 {
		return windows.AF_INET
	}
	return windows.AF_INET6
}

func newSocket(domain, kind, protocol int) (int, error) {
	if err := startSockets(); err != nil {
		return -1, err
	}
	s, err := windows.WSASocket(int32(domain), int32(kind), int32(protocol), nil, 0,
		windows.WSA_FLAG_OVERLAPPED|windows.WSA_FLAG_NO_HANDLE_INHERIT)
	if err != nil {
		return -1, err
	}
	if err := setNonblock(s); err != nil {
		windows.Closesocket(s)
		return -1, err
	}
	return int(s), nil
}

// SetNonblock makes the socket non-blocking again.
func SetNonblock(fd int) error { return callError("ioctlsocket", setNonblock(windows.Handle(fd))) }

const fionbio = 0x8004667e

func setNonblock(s windows.Handle) error {
	on := uint32(1)
	return ioctl(s, fionbio, unsafe.Pointer(&on), unsafe.Sizeof(on))
}

func ioctl(s windows.Handle, code uint32, in unsafe.Pointer, size uintptr) error {
	var n uint32
	return windows.WSAIoctl(s, code, (*byte)(in), uint32(size), nil, 0, &n, nil, 0)
}

// Close closes fd.
func Close(fd int) error { return callError("closesocket", windows.Closesocket(windows.Handle(fd))) }

// Bind binds a socket of family f to a local address.
func Bind(fd int, f Family, e Endpoint) error {
	return callError("bind", windows.Bind(windows.Handle(fd), e.sockaddr(f)))
}

// Listen makes fd a listener.
func Listen(fd, backlog int) error {
	return callError("listen", windows.Listen(windows.Handle(fd), backlog))
}

// Connect begins to connect a socket of family f. 0 means that it is connected, and EINPROGRESS that it becomes
// writable once it is connected or has failed.
func Connect(fd int, f Family, e Endpoint) Errno {
	s := windows.Handle(fd)
	if e.AddrPort().Addr().IsLoopback() {
		failQuickly(s)
	}
	if kind(s) == windows.SOCK_DGRAM {
		reportRefused(fd, true)
	}
	switch errno := errnoOf(windows.Connect(s, e.sockaddr(f))); syscall.Errno(errno) {
	case windows.WSAEWOULDBLOCK, windows.WSAEALREADY:
		return EINPROGRESS
	case windows.WSAEISCONN:
		return 0
	default:
		return errno
	}
}

func kind(s windows.Handle) int {
	n, err := windows.GetsockoptInt(s, windows.SOL_SOCKET, soType)
	if err != nil {
		return 0
	}
	return n
}

const (
	soType  = 0x1008
	soError = 0x1007

	sioTCPInitialRTO = 0x98000011 // of _WSAIOW(IOC_VENDOR, 17)
)

// failQuickly makes a connect to a closed port of this machine fail at once. Otherwise Windows repeats it for two
// seconds, although no packet can be lost on the way. Versions of Windows without the option repeat it.
func failQuickly(s windows.Handle) {
	const unspecified, noRetransmissions = 0xffff, 0xfe
	parameters := struct {
		rtt    uint16
		maxSyn uint8
		_      uint8
	}{unspecified, noRetransmissions, 0}
	_ = ioctl(s, sioTCPInitialRTO, unsafe.Pointer(&parameters), unsafe.Sizeof(parameters))
}

// reportRefused sets whether a receive from a UDP socket fails because a datagram that the socket has sent was
// refused. As on other systems, this is reported to a connected socket, which has one peer, and not to others, whose
// next datagram may come from another peer.
func reportRefused(fd int, on bool) {
	value := uint32(0)
	if on {
		value = 1
	}
	for _, code := range [...]uint32{windows.SIO_UDP_CONNRESET, windows.SIO_UDP_NETRESET} {
		_ = ioctl(windows.Handle(fd), code, unsafe.Pointer(&value), unsafe.Sizeof(value))
	}
}

// Connected returns the result of a connect once the socket is writable: 0 means that it is connected, EAGAIN that
// the event came too early, and another number why the connect has failed.
func Connected(fd int) Errno {
	s := windows.Handle(fd)
	code, err := windows.GetsockoptInt(s, windows.SOL_SOCKET, soError)
	if err != nil {
		return errnoOf(err)
	}
	switch errno := syscall.Errno(code); errno {
	case 0:
	case windows.WSAEINPROGRESS, windows.WSAEALREADY, windows.WSAEWOULDBLOCK:
		return EAGAIN
	case windows.WSAEISCONN:
		return 0
	default:
		return Errno(errno)
	}
	// The lack of an error proves nothing: a socket that is still connecting has none either.
	if _, err := windows.Getpeername(s); err != nil {
		return EAGAIN
	}
	return 0
}

// ShutdownRead ends reading: bytes that have arrived can be read, then the stream ends.
func ShutdownRead(fd int) error {
	return callError("shutdown", windows.Shutdown(windows.Handle(fd), windows.SHUT_RD))
}

// ShutdownWrite ends writing: the peer reads the bytes that were written and then the end of the stream.
func ShutdownWrite(fd int) error {
	return callError("shutdown", windows.Shutdown(windows.Handle(fd), windows.SHUT_WR))
}

// Local returns the address that fd is bound to.
func Local(fd int) (Endpoint, error) {
	sa, err := windows.Getsockname(windows.Handle(fd))
	return fromSockaddr(sa), callError("getsockname", err)
}

// Peer returns the address that fd is connected to.
func Peer(fd int) (Endpoint, error) {
	sa, err := windows.Getpeername(windows.Handle(fd))
	return fromSockaddr(sa), callError("getpeername", err)
}

// sockaddr returns e for a call on a socket of family f.
func (e Endpoint) sockaddr(f Family) windows.Sockaddr {
	if f == Inet4 {
		return &windows.SockaddrInet4{Addr: e.as4(), Port: int(e.port)}
	}
	return &windows.SockaddrInet6{Addr: e.ip, ZoneId: e.zone, Port: int(e.port)}
}

func fromSockaddr(sa windows.Sockaddr) Endpoint {
	switch sa := sa.(type) {
	case *windows.SockaddrInet4:
		return from4(sa.Addr, uint16(sa.Port))
	case *windows.SockaddrInet6:
		return Endpoint{ip: sa.Addr, zone: sa.ZoneId, port: uint16(sa.Port)}
	}
	return Endpoint{}
}

// NoFamily reports whether err of Socket, SetV6Only or Bind means that the machine has no IPv6, or no sockets of both
// families.
func NoFamily(err error) bool {
	var call *os.SyscallError
	if !errors.As(err, &call) {
		return false
	}
	switch syscall.Errno(errnoOf(call.Err)) {
	case windows.WSAEAFNOSUPPORT, windows.WSAEPROTONOSUPPORT, windows.WSAEADDRNOTAVAIL, windows.WSAEINVAL,
		windows.WSAENOPROTOOPT:
		return true
	}
	return false
}
