package web

import (
	"context"
	"os/exec"
	"time"

	"github.com/moduvex/moduvex-go/tools/bench/internal/spec"
)

// body is what the handler replies with.
const body = "hello, world\n"

// A hello is the first line of a server.
type hello struct {
	Addr string
	Cert []byte `json:",omitempty"` // of TLS: the server's, which clients trust
}

// A usage is what a server has used and served so far.
type usage struct {
	CPUNs      int64
	Requests   int64 // that the handler saw
	Goroutines int

	// Only when it is quiet, in bytes and after all garbage is gone.
	Resident int64 `json:",omitempty"`
	InUse    int64 `json:",omitempty"` // spans of the heap, and stacks
	Parked   int   `json:",omitempty"` // connections that the server reports as parked
}

// A ClientConfig says what a client has to do.
type ClientConfig struct {
	Addr  string
	From  string `json:",omitempty"` // the address to connect from; any if it is empty
	Conns int
	Cert  []byte `json:",omitempty"` // with TLS: the server's
}

// A clientReport is what became of a client's requests.
type clientReport struct {
	Requests  int             // that got the right reply
	Latencies []time.Duration `json:",omitempty"` // of run: from the time at which a request was due
}

// Commands make the processes of a measurement, but for wrk.
type Commands struct {
	Server func(ctx context.Context, c spec.Case) *exec.Cmd
	Client func(ctx context.Context, c ClientConfig) *exec.Cmd
}
