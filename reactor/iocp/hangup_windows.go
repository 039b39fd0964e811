package iocp

import (
	"errors"
	"runtime"
	"unsafe"

	"golang.org/x/sys/windows"
)

// The driver reports that the peer has shut down its half of a connection, but not that this side has shut down its
// own. Both together are a hang-up, which the contract reports whatever the Interest. So the Poller checks the own
// half when the driver reports a disconnect.

// sioTCPInfo requests the state of a TCP connection. Windows 10 1703 and later have it.
const sioTCPInfo = 0xD8000027

// tcpInfo is the first version of TCP_INFO: the state, and room for the other fields.
type tcpInfo struct {
	state uint32
	_     [84]byte
}

// States of TCP in which both sides have ended, or there is no connection.
const (
	tcpClosed   = 0
	tcpClosing  = 8
	tcpLastAck  = 9
	tcpTimeWait = 10
)

// sendHasEnded reports whether fd, whose peer sends no more, cannot send either.
func sendHasEnded(fd windows.Handle) bool {
	version := uint32(0)
	var info tcpInfo
	var n uint32
	err := windows.WSAIoctl(fd, sioTCPInfo, (*byte)(unsafe.Pointer(&version)), uint32(unsafe.Sizeof(version)),
		(*byte)(unsafe.Pointer(&info)), uint32(unsafe.Sizeof(info)), &n, nil, 0)
	if err == nil {
		switch info.state {
		case tcpClosed, tcpClosing, tcpLastAck, tcpTimeWait:
			return true
		}
		return false
	}
	return refusesToSend(fd)
}

// refusesToSend is for older systems and for sockets other than TCP's. A socket whose sending half is shut down refuses
// every send, also that of no bytes, which refusesToSend tries. It cannot block: an overlapped send that would have to
// wait returns ERROR_IO_PENDING, which is no refusal.
func refusesToSend(fd windows.Handle) bool {
	op := new(emptySend)
	var pin runtime.Pinner // the kernel may use op for a moment; the pin also puts it on the heap
	pin.Pin(op)
	defer pin.Unpin()
	event, err := windows.CreateEvent(nil, 1, 0, nil)
	if err != nil {
		return false
	}
	defer windows.CloseHandle(event)
	op.overlapped.HEvent = event | 1 // with the lowest bit no packet goes to a port that the socket may belong to
	var sent uint32
	err = windows.WSASend(fd, &op.buf, 1, &sent, 0, &op.overlapped, nil)
	if errors.Is(err, windows.ERROR_IO_PENDING) {
		windows.CancelIoEx(fd, &op.overlapped)
		windows.WaitForSingleObject(event, windows.INFINITE)
		return false
	}
	return errors.Is(err, windows.WSAESHUTDOWN)
}

// emptySend is a send of no bytes.
type emptySend struct {
	overlapped windows.Overlapped
	buf        windows.WSABuf
}
