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

// maxBacklog is what kernels before 4.1 keep the backlog in: 16 bits.
const maxBacklog = 1<<16 - 1

// MaxBacklog is the longest backlog that the system allows at this moment.
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

// SetLatePort puts off the choice of a port from bind to connect, where it need only be unique for
// the connection and not for the address. Old kernels do not know it and get on without.
func SetLatePort(fd int) {
	_ = set(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
}

func setMulticast4(fd, option, value int) error { return set(fd, unix.IPPROTO_IP, option, value) }
