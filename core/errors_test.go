package core_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"testing"

	"github.com/moduvex/moduvex-go/core"
)

func TestWhatErrorsAre(t *testing.T) {
	for _, c := range []struct {
		err, target error
		want        bool
	}{
		{core.ErrCancelled, context.Canceled, true},
		{core.ErrCancelled, context.DeadlineExceeded, false},
		{core.ErrCancelled, core.ErrDeadlineExceeded, false},
		{core.ErrCancelled, core.ErrShutdown, false},

		{core.ErrDeadlineExceeded, context.DeadlineExceeded, true},
		{core.ErrDeadlineExceeded, os.ErrDeadlineExceeded, true},
		{core.ErrDeadlineExceeded, context.Canceled, false},
		{core.ErrDeadlineExceeded, core.ErrCancelled, false},
		{core.ErrDeadlineExceeded, syscall.EAGAIN, false}, // Timeout() is true
		{core.ErrDeadlineExceeded, syscall.ETIMEDOUT, false},
		{core.ErrDeadlineExceeded, io.EOF, false},
		{core.ErrDeadlineExceeded, &net.OpError{Op: "read", Err: os.ErrDeadlineExceeded}, false},

		{core.ErrClosed, net.ErrClosed, false},
		{core.ErrClosed, core.ErrCancelled, false},
		{core.ErrShutdown, context.Canceled, false},
		{core.ErrGoexit, core.ErrCancelled, false},
		{core.ErrAlreadyJoined, core.ErrCancelled, false},
	} {
		for _, err := range []error{c.err, fmt.Errorf("read: %w", c.err)} {
			if have := errors.Is(err, c.target); have != c.want {
				t.Errorf("errors.Is(%v, %v) is %t, want %t", err, c.target, have, c.want)
			}
		}
		if !errors.Is(c.err, c.err) {
			t.Errorf("%v is not itself", c.err)
		}
	}
}

func TestDeadlineErrorIsANetError(t *testing.T) {
	var ne net.Error
	if !errors.As(fmt.Errorf("read: %w", core.ErrDeadlineExceeded), &ne) || !ne.Timeout() {
		t.Error("ErrDeadlineExceeded is no net.Error with Timeout")
	}
	if errors.As(core.ErrCancelled, &ne) {
		t.Error("ErrCancelled is a net.Error")
	}
}

func TestTextsOfErrors(t *testing.T) {
	for want, err := range map[string]error{
		"task was cancelled":               core.ErrCancelled,
		"core: deadline exceeded":          core.ErrDeadlineExceeded,
		"core: closed":                     core.ErrClosed,
		"core: runtime is shut down":       core.ErrShutdown,
		"core: task called runtime.Goexit": core.ErrGoexit,
		"core: task was already joined":    core.ErrAlreadyJoined,
	} {
		if have := err.Error(); have != want {
			t.Errorf("have %q, want %q", have, want)
		}
	}
}
