//go:build !arm && (darwin || dragonfly || freebsd || netbsd || openbsd)

package kqueue

const (
	armPad   = 0 // only arm has any; see there
	tagWords = 1
)
