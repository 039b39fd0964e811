package executor

import (
	"bytes"
	"runtime"
)

// inBubble reports whether the caller is in a bubble of testing/synctest. There a worker would wait in a system
// call, which the bubble does not count as waiting, so the clock of the bubble would not advance, and both would wait for ever.
// The head of a goroutine's traceback shows the bubble without an import of package testing: "goroutine 7 [running,
// synctest bubble 1]:". A microsecond does not matter to the callers.
func inBubble() bool {
	var buf [128]byte
	head, _, _ := bytes.Cut(buf[:runtime.Stack(buf[:], false)], []byte("\n"))
	return bytes.Contains(head, []byte("synctest bubble"))
}
