package executor

import "github.com/moduvex/moduvex-go/core"

// RuntimeOf is the runtime of the task that s belongs to.
func RuntimeOf(s core.Spawner) *Runtime { return workerOf(s).rt }
