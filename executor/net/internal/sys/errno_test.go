//go:build unix

package sys_test

import (
	"testing"

	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
	"golang.org/x/sys/unix"
)

func TestErrorsOfAcceptAreToldApart(t *testing.T) {
	for _, test := range []struct {
		errno            sys.Errno
		again, exhausted bool
	}{
		{unix.ECONNABORTED, true, false},
		{unix.EPROTO, true, false},
		{unix.ENETUNREACH, true, false},
		{unix.ENETDOWN, true, false},
		{unix.ENOPROTOOPT, true, false},
		{unix.EHOSTDOWN, true, false},
		{unix.EHOSTUNREACH, true, false},
		{unix.EOPNOTSUPP, true, false},
		{unix.EMFILE, false, true},
		{unix.ENFILE, false, true},
		{unix.ENOBUFS, false, true},
		{unix.ENOMEM, false, true},
		{unix.EBADF, false, false},
		{unix.EINVAL, false, false},
		{unix.EAGAIN, false, false},
	} {
		if got := sys.AcceptAgain(test.errno); got != test.again {
			t.Errorf("%v: try again is %v", test.errno, got)
		}
		if got := sys.Exhausted(test.errno); got != test.exhausted {
			t.Errorf("%v: exhausted is %v", test.errno, got)
		}
	}
}
