//go:build race && (linux || windows)

package sys

import (
	"runtime"
	"unsafe"
)

// The race detector does not see raw calls, so these functions report them: a call reads or writes its buffer, and a
// write to a socket happens before a read from one. As in the standard library, all sockets count as one.

var ioOrder byte

func raceRead(b []byte, n int) {
	if n > 0 {
		runtime.RaceWriteRange(unsafe.Pointer(unsafe.SliceData(b)), n)
	}
	runtime.RaceAcquire(unsafe.Pointer(&ioOrder))
}

func raceWrite(b []byte) {
	if len(b) > 0 {
		runtime.RaceReadRange(unsafe.Pointer(unsafe.SliceData(b)), len(b))
	}
	runtime.RaceReleaseMerge(unsafe.Pointer(&ioOrder))
}
