package sys

import (
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

const (
	reusePort    = unix.SO_REUSEPORT
	keepIdle     = unix.TCP_KEEPIDLE
	keepInterval = unix.TCP_KEEPINTVL
	keepCount    = unix.TCP_KEEPCNT
)

// maxBacklog is the maximum of kernels before 4.1, which have 16 bits for the backlog.
const maxBacklog = 1<<16 - 1

// MaxBacklog returns the longest backlog that the system allows at the moment.
func MaxBacklog() int {
	text, err := os.ReadFile("/proc/sys/net/core/somaxconn")
	if err != nil {
		return unix.SOMAXCONN
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || n <= 0 {
		return unix.SOMAXCONN
	}
	return min(n, maxBacklog)
}

// SetLatePort moves the choice of a port from the bind to the connect, where the port must be unique for the
// connection only and not for the address. Old kernels do not have the option, and choose the port at the bind.
func SetLatePort(fd int) {
	_ = set(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
}

func setMulticast4(fd, option, value int) error { return set(fd, unix.IPPROTO_IP, option, value) }
