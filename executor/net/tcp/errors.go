package tcp

import (
	"net"
	"os"

	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
)

// checkNetwork returns nil for the networks that there are here.
func checkNetwork(network string) error {
	switch network {
	case "tcp", "tcp4", "tcp6":
		return nil
	}
	return net.UnknownNetworkError(network)
}

// callError names the system call that errno comes from.
func callError(call string, errno sys.Errno) error { return os.NewSyscallError(call, errno) }
