package sys_test

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
	"testing"

	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
	"golang.org/x/sys/windows"
)

func TestErrorsOfAcceptAreToldApart(t *testing.T) {
	for _, test := range []struct {
		errno            error
		again, exhausted bool
	}{
		{windows.WSAECONNRESET, true, false},
		{windows.WSAECONNABORTED, true, false},
		{windows.WSAEMFILE, false, true},
		{windows.WSAENOBUFS, false, true},
		{windows.ERROR_NO_SYSTEM_RESOURCES, false, true},
		{windows.WSAENOTSOCK, false, false},
		{windows.WSAEINVAL, false, false},
		{windows.WSAEWOULDBLOCK, false, false},
	} {
		errno := sys.Errno(test.errno.(syscall.Errno))
		if got := sys.AcceptAgain(errno); got != test.again {
			t.Errorf("%v: try again is %v", test.errno, got)
		}
		if got := sys.Exhausted(errno); got != test.exhausted {
			t.Errorf("%v: exhausted is %v", test.errno, got)
		}
	}
}

// Programs that are written for several systems ask for the errors by package syscall's names.
func TestErrorsEqualTheirPortableNames(t *testing.T) {
	for _, test := range []struct {
		errno syscall.Errno
		is    []error
		not   []error
	}{
		{windows.WSAECONNREFUSED, []error{windows.WSAECONNREFUSED, syscall.ECONNREFUSED}, []error{syscall.ECONNRESET}},
		{windows.WSAEADDRINUSE, []error{windows.WSAEADDRINUSE, syscall.EADDRINUSE}, []error{fs.ErrExist}},
		{windows.WSAEWOULDBLOCK, []error{windows.WSAEWOULDBLOCK, syscall.EAGAIN}, nil},
		{windows.WSAEAFNOSUPPORT, []error{windows.WSAEAFNOSUPPORT, errors.ErrUnsupported}, nil},
		{windows.WSAEACCES, []error{windows.WSAEACCES, fs.ErrPermission}, nil},
		{windows.ERROR_FILE_NOT_FOUND, []error{syscall.ENOENT, fs.ErrNotExist}, nil},
		{windows.WSASYSNOTREADY, []error{windows.WSASYSNOTREADY}, []error{errors.ErrUnsupported}},
	} {
		err := os.NewSyscallError("call", sys.Errno(test.errno))
		for _, want := range test.is {
			if !errors.Is(err, want) {
				t.Errorf("%v is not %v", err, want)
			}
		}
		for _, other := range test.not {
			if errors.Is(err, other) {
				t.Errorf("%v is %v", err, other)
			}
		}
		var errno syscall.Errno
		if !errors.As(err, &errno) || errno != test.errno {
			t.Errorf("%v has number %d", err, errno)
		}
	}
}
