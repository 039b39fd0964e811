package reactortest

import (
	"errors"
	"testing"

	"github.com/moduvex/moduvex-go/reactor"
)

// Stream is one end of a connected pair of byte streams, as the suite uses it. Its operations do not
// block.
type Stream interface {
	// FD is what is added to the Poller.
	FD() uintptr
	// Read returns ErrWouldBlock if there is nothing yet, io.EOF after the peer's CloseWrite or Close.
	Read(b []byte) (int, error)
	// Write returns ErrWouldBlock if there is no room at all, and may write less than all of b.
	Write(b []byte) (int, error)
	// CloseWrite lets the peer read to the end; this end can go on reading.
	CloseWrite() error
	// Close releases FD. A second Close does nothing.
	Close() error
}

// ErrWouldBlock is returned by a Stream's operation that would have to wait.
var ErrWouldBlock = errors.New("reactortest: operation would block")

// Pairs makes a connected pair that p can watch. The suite closes both ends.
type Pairs func(t testing.TB, p reactor.Poller) (a, b Stream)
