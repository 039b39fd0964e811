//go:build arm && (darwin || dragonfly || freebsd || netbsd || openbsd)

package kqueue

// C aligns 64-bit fields to 8 bytes here, Go to 4.
const (
	armPad   = 4 // before a 64-bit field
	tagWords = 2 // a pointer, and the padding up to 8 bytes
)
