//go:build !linux

package sys

// SendFile fails: the system has no such call.
func SendFile(to, from int, off int64, n int) (int, Errno) { return 0, EAGAIN }

// NoSendFile is always true.
func NoSendFile(Errno) bool { return true }
