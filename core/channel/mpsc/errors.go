package mpsc

import "errors"

var (
	// ErrClosed answers a send when the receiver or the sender is closed, and a receive when there
	// is nothing left and nobody to send more.
	ErrClosed = errors.New("mpsc: channel is closed")

	// ErrFull answers TrySend and TryReserve when there is no place, or others wait for it.
	ErrFull = errors.New("mpsc: channel is full")

	// ErrEmpty answers TryRecv when there is nothing yet.
	ErrEmpty = errors.New("mpsc: channel is empty")
)
