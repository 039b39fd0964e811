//go:build !unix

package proc

import "time"

// CPU is not known here.
func CPU() time.Duration { return -1 }

// Peak is not known here.
func Peak() int64 { return -1 }
