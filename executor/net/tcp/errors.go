package tcp

import (
	"net"
	"os"

	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
)

// checkNetwork returns an error unless network is one of this package.
func checkNetwork(network string) error {
	switch network {
	case "tcp", "tcp4", "tcp6":
		return nil
	}
	return net.UnknownNetworkError(network)
}

// callError returns errno as an error that names the system call.
func callError(call string, errno sys.Errno) error { return os.NewSyscallError(call, errno) }
