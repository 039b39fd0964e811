package compat_test

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/moduvex/moduvex-go/core"
)

// The errors of tasks need no bridge: ordinary Go knows them as its own.
func Example() {
	fmt.Println(errors.Is(core.ErrCancelled, context.Canceled))
	fmt.Println(errors.Is(core.ErrDeadlineExceeded, context.DeadlineExceeded))
	fmt.Println(errors.Is(core.ErrDeadlineExceeded, os.ErrDeadlineExceeded))
	// Output:
	// true
	// true
	// true
}
