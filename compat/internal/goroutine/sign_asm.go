//go:build amd64 || 386 || arm64 || arm

package goroutine

// Sign returns a number that the calling goroutine has for as long as it lives, and no other has meanwhile: the address
// of what describes it in package runtime, which is in a register or in the local storage of the thread. The runtime
// gives it to another goroutine later. It is 0 on processors for which this package has no assembly.
func Sign() uintptr
