package tcp_test

import (
	"os"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/windows"
)

// wantDescriptor fails unless a child process does not inherit the handle of c. No call tells whether it is non-blocking.
func wantDescriptor(tb testing.TB, c syscall.Conn) {
	tb.Helper()
	var flags uint32
	get := windows.NewLazySystemDLL("kernel32.dll").NewProc("GetHandleInformation")
	control(tb, c, func(fd uintptr) error {
		if ok, _, err := get.Call(fd, uintptr(unsafe.Pointer(&flags))); ok == 0 {
			return err
		}
		return nil
	})
	if flags&windows.HANDLE_FLAG_INHERIT != 0 {
		tb.Errorf("%T: flags %#x of the handle", c, flags)
	}
}

// wantBlocking checks nothing: no call tells.
func wantBlocking(testing.TB, syscall.Conn) {}

// makeBlocking switches the socket to blocking mode, as a process that shares it can.
func makeBlocking(tb testing.TB, c syscall.Conn) {
	tb.Helper()
	const fionbio = 0x8004667e
	var off, n uint32
	control(tb, c, func(fd uintptr) error {
		return windows.WSAIoctl(windows.Handle(fd), fionbio, (*byte)(unsafe.Pointer(&off)), 4, nil, 0, &n, nil, 0)
	})
}

func noDelay(tb testing.TB, c syscall.Conn) bool {
	tb.Helper()
	var on int
	control(tb, c, func(fd uintptr) (err error) {
		on, err = windows.GetsockoptInt(windows.Handle(fd), windows.IPPROTO_TCP, windows.TCP_NODELAY)
		return err
	})
	return on != 0
}

// fileOf returns a duplicate of c's handle.
func fileOf(tb testing.TB, c syscall.Conn) *os.File {
	tb.Helper()
	var f *os.File
	control(tb, c, func(fd uintptr) error { f = duplicate(tb, windows.Handle(fd), "socket"); return nil })
	return f
}

func duplicate(tb testing.TB, h windows.Handle, name string) *os.File {
	tb.Helper()
	this := windows.CurrentProcess()
	var dup windows.Handle
	if err := windows.DuplicateHandle(this, h, this, &dup, 0, false, windows.DUPLICATE_SAME_ACCESS); err != nil {
		tb.Fatal(err)
	}
	return os.NewFile(uintptr(dup), name)
}

// freshSocket returns a TCP socket that is neither connected nor listening, in blocking mode.
func freshSocket(tb testing.TB) *os.File {
	tb.Helper()
	s, err := windows.WSASocket(windows.AF_INET, windows.SOCK_STREAM, windows.IPPROTO_TCP, nil, 0,
		windows.WSA_FLAG_OVERLAPPED|windows.WSA_FLAG_NO_HANDLE_INHERIT)
	if err != nil {
		tb.Fatal(err)
	}
	defer windows.Closesocket(s)
	return duplicate(tb, s, "fresh")
}
