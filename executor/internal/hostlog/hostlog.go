// Package hostlog provides the logger of a runtime to the socket packages, which may not import executor.
package hostlog

import (
	"log/slog"

	"github.com/moduvex/moduvex-go/core"
)

// A Host is a core.Host whose runtime has a logger.
type Host interface {
	core.Host
	// Logger returns the logger for the runtime's warnings. Any goroutine.
	Logger() *slog.Logger
}
