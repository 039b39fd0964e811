package iocp

import (
	"errors"
	"fmt"
	"math"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// The poll request of the AFD driver is not documented. It has not changed since Windows 2000: user-mode socket
// libraries depend on it, Microsoft's own select among them.

// ioctlPoll is IOCTL_AFD_POLL: a request that completes when one of some events happens to a socket.
const ioctlPoll = 0x00012024

// The events of a poll.
const (
	afdReceive     = 0x001 // there is something to receive
	afdExpedited   = 0x002 // out-of-band data
	afdSend        = 0x004 // there is room; also when a connect has succeeded
	afdDisconnect  = 0x008 // the peer sends no more
	afdAbort       = 0x010 // the connection was reset
	afdLocalClose  = 0x020 // the socket was closed on this side
	afdAccept      = 0x080 // there is a connection to accept
	afdConnectFail = 0x100 // a connect has failed
)

// pollInfo is the request and, in the same memory, the result.
type pollInfo struct {
	timeout   int64 // in 100 ns; the largest number is no timeout
	count     uint32
	exclusive uint32 // 1 would end other polls of the socket, also those of other Pollers
	handle    windows.Handle
	events    uint32
	status    windows.NTStatus
}

// block is what the kernel reads and writes while a poll is outstanding. It has no Go pointers in it.
type block struct {
	iosb windows.IO_STATUS_BLOCK
	info pollInfo
}

// entry is OVERLAPPED_ENTRY: a packet from the completion port.
type entry struct {
	key        uintptr
	overlapped uintptr // of a poll: its token, which the kernel returns and never uses
	internal   uintptr
	bytes      uint32
}

var (
	kernel32 = windows.NewLazySystemDLL("kernel32.dll")
	ntdll    = windows.NewLazySystemDLL("ntdll.dll")

	procGetQueuedCompletionStatusEx = kernel32.NewProc("GetQueuedCompletionStatusEx")
	procNtDeviceIoControlFile       = ntdll.NewProc("NtDeviceIoControlFile")
	procNtCancelIoFileEx            = ntdll.NewProc("NtCancelIoFileEx")
)

// findProcs returns an error if the system lacks one of the calls above: the call of a missing LazyProc panics.
func findProcs() error {
	for _, proc := range []*windows.LazyProc{
		procGetQueuedCompletionStatusEx, procNtDeviceIoControlFile, procNtCancelIoFileEx,
	} {
		if err := proc.Find(); err != nil {
			return fmt.Errorf("%w: %w", errors.ErrUnsupported, err)
		}
	}
	return nil
}

// afdDevice is the driver. It ignores the name that follows its own.
const afdDevice = `\Device\Afd\Moduvex`

// openAfd opens the driver itself, not a socket of it, for polls that complete on port.
func openAfd(device string, port windows.Handle) (windows.Handle, error) {
	name, err := windows.NewNTUnicodeString(device)
	if err != nil {
		return 0, err
	}
	attributes := windows.OBJECT_ATTRIBUTES{ObjectName: name}
	attributes.Length = uint32(unsafe.Sizeof(attributes))
	var afd windows.Handle
	var iosb windows.IO_STATUS_BLOCK
	err = windows.NtCreateFile(&afd, windows.SYNCHRONIZE, &attributes, &iosb, nil, 0,
		windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE, windows.FILE_OPEN, 0, 0, 0)
	if err != nil {
		if isMissing(err) {
			return 0, fmt.Errorf("%w: this system has no socket driver %s (%w)", errors.ErrUnsupported, device, err)
		}
		return 0, fmt.Errorf("the socket driver %s cannot be opened: %w", device, err)
	}
	if _, err = windows.CreateIoCompletionPort(afd, port, pollKey, 0); err == nil {
		// The kernel would set and clear the handle's own event with each poll, and nothing waits for it.
		err = windows.SetFileCompletionNotificationModes(afd, windows.FILE_SKIP_SET_EVENT_ON_HANDLE)
	}
	if err != nil {
		windows.CloseHandle(afd)
		return 0, err
	}
	return afd, nil
}

func isMissing(err error) bool {
	for _, status := range []windows.NTStatus{
		windows.STATUS_OBJECT_NAME_NOT_FOUND, windows.STATUS_OBJECT_PATH_NOT_FOUND,
		windows.STATUS_NO_SUCH_DEVICE, windows.STATUS_OBJECT_TYPE_MISMATCH,
		windows.STATUS_OBJECT_NAME_INVALID, windows.STATUS_OBJECT_PATH_SYNTAX_BAD,
	} {
		if errors.Is(err, status) {
			return true
		}
	}
	return false
}

// startPoll starts a poll for events of socket. After a nil error a packet with token arrives on the port, also if the
// poll completes at once, and b belongs to the kernel until then.
func startPoll(afd windows.Handle, b *block, socket windows.Handle, events uint32, token uintptr) error {
	b.iosb = windows.IO_STATUS_BLOCK{Status: windows.STATUS_PENDING}
	b.info = pollInfo{timeout: math.MaxInt64, count: 1, handle: socket, events: events}
	const size = unsafe.Sizeof(pollInfo{})
	r, _, _ := syscall.SyscallN(procNtDeviceIoControlFile.Addr(), uintptr(afd), 0, 0, token,
		uintptr(unsafe.Pointer(&b.iosb)), ioctlPoll,
		uintptr(unsafe.Pointer(&b.info)), size, uintptr(unsafe.Pointer(&b.info)), size)
	if status := windows.NTStatus(r); status != windows.STATUS_SUCCESS && status != windows.STATUS_PENDING {
		return status.Errno()
	}
	return nil
}

// cancelPoll has the kernel end a poll. Its packet arrives nevertheless, with the status cancelled or, if the poll has
// just completed, with its events.
func cancelPoll(afd windows.Handle, b *block) error {
	var iosb windows.IO_STATUS_BLOCK
	r, _, _ := syscall.SyscallN(procNtCancelIoFileEx.Addr(), uintptr(afd),
		uintptr(unsafe.Pointer(&b.iosb)), uintptr(unsafe.Pointer(&iosb)))
	if status := windows.NTStatus(r); status != windows.STATUS_SUCCESS && status != windows.STATUS_NOT_FOUND {
		return status.Errno()
	}
	return nil
}

// result returns the events that a completed poll has found, 0 if it was cancelled.
func (b *block) result() (uint32, error) {
	switch status := b.iosb.Status; {
	case status == windows.STATUS_CANCELLED:
		return 0, nil
	case status>>30 == 3: // NT_ERROR
		return 0, status.Errno()
	case b.info.count == 0:
		return 0, nil
	}
	return b.info.events, nil
}

// getPackets waits for packets and returns their number, 0 if timeoutMs has passed. The Go scheduler knows that it
// blocks.
func getPackets(port windows.Handle, buf []entry, timeoutMs uint32) (int, error) {
	var n uint32
	ok, _, errno := syscall.SyscallN(procGetQueuedCompletionStatusEx.Addr(), uintptr(port),
		uintptr(unsafe.Pointer(&buf[0])), uintptr(len(buf)), uintptr(unsafe.Pointer(&n)), uintptr(timeoutMs), 0)
	switch {
	case ok != 0:
		return int(n), nil
	case errno == syscall.Errno(windows.WAIT_TIMEOUT):
		return 0, nil
	}
	return 0, errno
}
