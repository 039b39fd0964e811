package iocp

import (
	"errors"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Requests to a layered service provider for the socket below its own.
const (
	sioBaseHandle      = 0x48000022 // the one at the bottom
	sioBSPHandle       = 0x4800001B // the next one down, for requests in general
	sioBSPHandleSelect = 0x4800001C // for select
	sioBSPHandlePoll   = 0x4800001D // for WSAPoll
)

const soType = 0x1008 // SO_TYPE

// maxLayers ends the descent through providers that name each other in a circle.
const maxLayers = 16

// baseSocket returns the socket of the base provider, the only one that the driver knows. It is fd itself unless a
// layered provider, such as a parental-control filter, is above the base provider. A provider must not intercept
// sioBaseHandle; some do, to keep programs from bypassing them. These still return the next socket down for one of
// the other requests, and descend continues there.
//
// baseSocket first checks that fd is a socket: some systems return sioBaseHandle for other handles.
func baseSocket(fd windows.Handle) (windows.Handle, error) {
	if _, err := windows.GetsockoptInt(fd, windows.SOL_SOCKET, soType); err != nil {
		return 0, err
	}
	return descend(fd, request)
}

// descend sends the requests to fd and the sockets below it, by means of request.
func descend(fd windows.Handle, request func(windows.Handle, uint32) (windows.Handle, error)) (windows.Handle, error) {
	for range maxLayers {
		base, err := request(fd, sioBaseHandle)
		if err == nil {
			return base, nil
		}
		if errors.Is(err, windows.WSAENOTSOCK) || errors.Is(err, windows.ERROR_INVALID_HANDLE) {
			return 0, err // not caused by a layer
		}
		next := fd
		for _, code := range [...]uint32{sioBSPHandleSelect, sioBSPHandlePoll, sioBSPHandle} {
			if h, e := request(fd, code); e == nil && h != fd && h != 0 && h != windows.InvalidHandle {
				next = h
				break
			}
		}
		if next == fd {
			return 0, err
		}
		fd = next
	}
	return 0, windows.WSAEPROVIDERFAILEDINIT
}

// request sends one request to the provider of fd.
func request(fd windows.Handle, code uint32) (windows.Handle, error) {
	var base windows.Handle
	var n uint32
	err := windows.WSAIoctl(fd, code, nil, 0,
		(*byte)(unsafe.Pointer(&base)), uint32(unsafe.Sizeof(base)), &n, nil, 0)
	return base, err
}
