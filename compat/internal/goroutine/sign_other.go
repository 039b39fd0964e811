//go:build !(amd64 || 386 || arm64 || arm)

package goroutine

// Sign returns 0: there is no assembly for this processor.
func Sign() uintptr { return 0 }
