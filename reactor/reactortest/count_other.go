//go:build !linux && !windows

package reactortest

import "errors"

func countDescriptors() (int, error) { return 0, errors.ErrUnsupported }
