package echo

import (
	"fmt"
	"io"
	"time"

	"github.com/moduvex/moduvex-go/tools/bench/internal/peer"
	"github.com/moduvex/moduvex-go/tools/bench/internal/proc"
)

// MessageSize is the size of a request, and of the reply.
const MessageSize = 64

// bufferSize is the size of a shared buffer of a server.
const bufferSize = 4096

// A usage is what a server has used so far.
type usage struct {
	CPUNs    int64
	Resident int64 `json:",omitempty"` // bytes; only on request
}

// A LoadConfig says what the load has to do.
type LoadConfig struct {
	Addr   string
	Conns  int
	NoRing bool `json:",omitempty"` // use an epoll loop also where there is io_uring
}

// A LoadReport is what became of the requests of a run.
type LoadReport struct {
	Requests int // that got the right reply
	Wall     time.Duration
	CPU      time.Duration // of the load itself

	P50, P99, P999 time.Duration
}

// serveControl is a server's side of the protocol.
func serveControl(addr string, in io.Reader, out io.Writer) error {
	if _, err := fmt.Fprintln(out, addr); err != nil {
		return err
	}
	return peer.Answer(in, out, func(line string) (any, error) {
		switch line {
		case "usage":
			return usage{CPUNs: int64(proc.CPU())}, nil
		case "memory":
			return usage{Resident: proc.Resident(), CPUNs: int64(proc.CPU())}, nil
		}
		return nil, fmt.Errorf("echo: the server got an unknown command %q", line)
	})
}
