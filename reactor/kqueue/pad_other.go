//go:build !arm && (darwin || dragonfly || freebsd || netbsd || openbsd)

package kqueue

const (
	armPad   = 0 // see pad_arm.go
	tagWords = 1
)
