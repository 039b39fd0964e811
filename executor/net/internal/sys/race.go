//go:build race && (linux || windows)

package sys

import (
	"runtime"
	"unsafe"
)

// Raw calls are invisible to the race detector, so it is told what they do: they read or write the
// buffer, and what was written to a socket happened before what reads from one. Which socket is
// not told apart, as it is not by the standard library.

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
