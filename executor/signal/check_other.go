//go:build !unix

package signal

import "os"

func uncatchable(os.Signal) bool { return false }
