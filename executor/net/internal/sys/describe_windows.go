package sys

import (
	"os"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Dup duplicates fd; no other process inherits the duplicate. The two share the socket, and the completion port that it
// is associated with. What is no socket gives ErrNotSocket.
func Dup(fd int) (int, error) {
	if err := startSockets(); err != nil { // a file may be a socket before the process has used any
		return -1, callError("wsastartup", err)
	}
	var info windows.WSAProtocolInfo
	switch err := windows.WSADuplicateSocket(windows.Handle(fd), windows.GetCurrentProcessId(), &info); err {
	case nil:
	case windows.WSAENOTSOCK, windows.WSAEOPNOTSUPP: // the latter under Wine
		return -1, ErrNotSocket
	default:
		return -1, callError("wsaduplicatesocket", err)
	}
	const asInInfo = -1
	s, err := windows.WSASocket(asInInfo, asInInfo, asInInfo, &info, 0,
		windows.WSA_FLAG_OVERLAPPED|windows.WSA_FLAG_NO_HANDLE_INHERIT)
	if err != nil {
		return -1, callError("wsasocket", err)
	}
	return int(s), nil
}

// DupFile returns a duplicate of fd as a file with a name. The file closes it as any handle, and not as a socket; so this
// is a duplicate of the handle alone, of which the sockets library has no record.
func DupFile(fd int, name string) (*os.File, error) {
	this := windows.CurrentProcess()
	var dup windows.Handle
	err := windows.DuplicateHandle(this, windows.Handle(fd), this, &dup, 0, false, windows.DUPLICATE_SAME_ACCESS)
	if err != nil {
		return nil, callError("duplicatehandle", err)
	}
	return os.NewFile(uintptr(dup), name), nil
}

// Detach ends the association of the socket with a completion port, if there is one: package net has a port, and does
// not take a socket that is associated, not even with the same port. The sockets of this package need none, since the
// reactor polls them. The system refuses while an operation is pending that would complete on the port, and versions
// before Windows 8.1 in any case. Then the association stays.
func Detach(fd int) {
	var none struct{ port, key uintptr }
	var iosb windows.IO_STATUS_BLOCK
	_ = windows.NtSetInformationFile(windows.Handle(fd), &iosb, (*byte)(unsafe.Pointer(&none)),
		uint32(unsafe.Sizeof(none)), windows.FileReplaceCompletionInformation)
}

// Describe finds out what fd is. It fails only if fd is closed.
func Describe(fd int) (d Description, err error) {
	s := windows.Handle(fd)
	var info windows.WSAProtocolInfo
	size := int32(unsafe.Sizeof(info))
	switch err := windows.Getsockopt(s, windows.SOL_SOCKET, soProtocolInfo, (*byte)(unsafe.Pointer(&info)), &size); err {
	case nil:
	case windows.WSAENOTSOCK:
		return d, nil
	default:
		return d, callError("getsockopt", err)
	}
	inet := info.AddressFamily == windows.AF_INET || info.AddressFamily == windows.AF_INET6
	switch {
	case inet && info.SocketType == windows.SOCK_STREAM && info.Protocol == windows.IPPROTO_TCP:
		d.Network = "tcp"
	case inet && info.SocketType == windows.SOCK_DGRAM && info.Protocol == windows.IPPROTO_UDP:
		d.Network = "udp"
	case info.AddressFamily == windows.AF_UNIX && info.SocketType == windows.SOCK_STREAM:
		d.Network = "unix"
	default:
		return d, nil
	}
	if info.AddressFamily == windows.AF_INET6 {
		d.Family = Inet6
	}
	_, err = windows.Getpeername(s)
	d.Connected = err == nil
	listens, err := windows.GetsockoptInt(s, windows.SOL_SOCKET, soAcceptConn)
	d.Listens = err == nil && listens != 0
	return d, nil
}

const (
	soAcceptConn   = 0x0002
	soProtocolInfo = 0x2005
)

// ReportsListening is false: the sockets library keeps this in the process, and no document says that a duplicate has it.
const ReportsListening = false
