// Package hostlog provides the log of a runtime to the socket packages, which may not import executor.
package hostlog

import (
	"log/slog"

	"github.com/moduvex/moduvex-go/core"
)

// A Host is a core.Host whose runtime has a log.
type Host interface {
	core.Host
	// Logger returns where the runtime's warnings go. Any goroutine.
	Logger() *slog.Logger
}
