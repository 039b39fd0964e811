package iocp

import (
	"errors"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Questions to a layered service provider about the socket below its own.
const (
	sioBaseHandle      = 0x48000022 // the one at the bottom
	sioBSPHandle       = 0x4800001B // the next one down, for requests in general
	sioBSPHandleSelect = 0x4800001C // for select
	sioBSPHandlePoll   = 0x4800001D // for WSAPoll
)

const soType = 0x1008 // SO_TYPE

// maxLayers ends the descent through providers that answer each other in a circle.
const maxLayers = 16

// baseSocket returns the socket of the base provider, which is the only one that the driver knows. It is
// the same socket unless a layered provider (a parental-control filter, say) sits on top. A provider is
// forbidden to intercept sioBaseHandle; some do so all the same, to keep programs from going past them.
// These still answer one of the others with the next socket down, where the question is asked again.
//
// Whether fd is a socket at all is asked first: not every system looks before it answers the other question.
func baseSocket(fd windows.Handle) (windows.Handle, error) {
	if _, err := windows.GetsockoptInt(fd, windows.SOL_SOCKET, soType); err != nil {
		return 0, err
	}
	return descend(fd, ask)
}

func descend(fd windows.Handle, ask func(windows.Handle, uint32) (windows.Handle, error)) (windows.Handle, error) {
	for range maxLayers {
		base, err := ask(fd, sioBaseHandle)
		if err == nil {
			return base, nil
		}
		if errors.Is(err, windows.WSAENOTSOCK) || errors.Is(err, windows.ERROR_INVALID_HANDLE) {
			return 0, err // no layer's doing
		}
		next := fd
		for _, code := range [...]uint32{sioBSPHandleSelect, sioBSPHandlePoll, sioBSPHandle} {
			if h, e := ask(fd, code); e == nil && h != fd && h != 0 && h != windows.InvalidHandle {
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

func ask(fd windows.Handle, code uint32) (windows.Handle, error) {
	var base windows.Handle
	var n uint32
	err := windows.WSAIoctl(fd, code, nil, 0,
		(*byte)(unsafe.Pointer(&base)), uint32(unsafe.Sizeof(base)), &n, nil, 0)
	return base, err
}
