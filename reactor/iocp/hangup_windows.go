package iocp

import (
	"errors"
	"runtime"
	"unsafe"

	"golang.org/x/sys/windows"
)

// The driver tells that the peer has ended its half of a connection, but not that this side has ended its
// own. The two together are a hang-up, which the contract wants reported to everybody. So a disconnect is
// looked into.

// sioTCPInfo asks for the state of a TCP connection. Windows 10 1703 and later.
const sioTCPInfo = 0xD8000027

// tcpInfo is the first version of TCP_INFO: the state, and as much room as the rest takes.
type tcpInfo struct {
	state uint32
	_     [84]byte
}

// States of TCP in which both sides have ended, or the connection is no more.
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

// refusesToSend is for older systems and for sockets that are not TCP's. A socket whose sending half is shut
// down refuses to send, also nothing, which is what is sent here: no byte leaves. It cannot block: where
// the send would have to wait, it says so, since it is overlapped, and that is no refusal.
func refusesToSend(fd windows.Handle) bool {
	op := new(nothing)
	var pin runtime.Pinner // the kernel may have it for a moment; this also puts it on the heap
	pin.Pin(op)
	defer pin.Unpin()
	event, err := windows.CreateEvent(nil, 1, 0, nil)
	if err != nil {
		return false
	}
	defer windows.CloseHandle(event)
	op.overlapped.HEvent = event | 1 // the lowest bit: no packet to a port that the socket may belong to
	var sent uint32
	err = windows.WSASend(fd, &op.buf, 1, &sent, 0, &op.overlapped, nil)
	if errors.Is(err, windows.ERROR_IO_PENDING) {
		windows.CancelIoEx(fd, &op.overlapped)
		windows.WaitForSingleObject(event, windows.INFINITE)
		return false
	}
	return errors.Is(err, windows.WSAESHUTDOWN)
}

type nothing struct {
	overlapped windows.Overlapped
	buf        windows.WSABuf
}
