package reactortest

import (
	"errors"
	"testing"

	"github.com/moduvex/moduvex-go/reactor"
)

// Stream is one end of a connected pair of byte streams. Its operations do not block.
type Stream interface {
	// FD returns the descriptor, which the suite adds to the Poller.
	FD() uintptr
	// Read returns ErrWouldBlock if there is nothing yet, io.EOF after the peer's CloseWrite or Close.
	Read(b []byte) (int, error)
	// Write returns ErrWouldBlock if there is no room at all, and may write less than all of b.
	Write(b []byte) (int, error)
	// CloseWrite shuts down the sending half: the peer can read to the end, and this end can still read.
	CloseWrite() error
	// Close closes the descriptor. A second Close does nothing.
	Close() error
}

// ErrWouldBlock is returned by a Stream's operation that would have to wait.
var ErrWouldBlock = errors.New("reactortest: operation would block")

// Pairs returns a connected pair that p can watch. The suite closes both ends.
type Pairs func(t testing.TB, p reactor.Poller) (a, b Stream)
