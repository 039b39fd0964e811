// Package closed makes the ErrClosed sentinels of locks and channels.
package closed

import "github.com/moduvex/moduvex-go/core"

// Error returns a sentinel with the given text that errors.Is matches with [core.ErrClosed].
func Error(text string) error { return &closedError{text} }

type closedError struct{ text string }

func (e *closedError) Error() string { return e.text }

// Unwrap makes errors.Is find the shared sentinel.
func (*closedError) Unwrap() error { return core.ErrClosed }
