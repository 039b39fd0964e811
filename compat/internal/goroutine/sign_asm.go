//go:build amd64 || 386 || arm64 || arm

package goroutine

// Sign returns a number that the calling goroutine has for as long as it lives, and no other has meanwhile: the address of
// what describes it in package runtime, which a register or the thread's local storage holds. The runtime gives it to another
// goroutine later. It is 0 on processors for which this package has no assembly.
func Sign() uintptr
