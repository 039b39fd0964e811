package mpsc

import (
	"errors"

	"github.com/moduvex/moduvex-go/core/internal/closed"
)

var (
	// ErrClosed is the error of a send when the receiver takes no more values or the sender is closed, and of
	// a receive when nothing is queued and nothing more will be sent. errors.Is matches it with
	// core.ErrClosed.
	ErrClosed = closed.Error("mpsc: channel is closed")

	// ErrFull is the error of TrySend and TryReserve when no slot is free, or when senders wait for one.
	ErrFull = errors.New("mpsc: channel is full")

	// ErrEmpty is the error of TryRecv and TryRecvMany when nothing is queued yet.
	ErrEmpty = errors.New("mpsc: channel is empty")
)
