//go:build !linux && !darwin && !dragonfly && !freebsd && !netbsd && !openbsd

package activation

import (
	"errors"
	"fmt"
)

func open([]string) (Sockets, error) {
	return nil, fmt.Errorf("activation: the system passes no descriptors: %w", errors.ErrUnsupported)
}
