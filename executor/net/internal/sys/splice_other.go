//go:build !linux

package sys

// A Pipe does nothing: only Linux has splice.
type Pipe struct{}

// NewPipe fails.
func NewPipe() (Pipe, Errno) { return Pipe{}, EAGAIN }

func (Pipe) Close()                      {}
func (Pipe) Fill(int) (int, Errno)       { return 0, EAGAIN }
func (Pipe) Drain(int, int) (int, Errno) { return 0, EAGAIN }
func (Pipe) Read([]byte) (int, Errno)    { return 0, EAGAIN }

// AtMark is never called, since there is no Pipe.
func AtMark(int) (int, Errno) { return 0, EAGAIN }

// Blocking is false: the calls that need it do not exist.
func Blocking(int) bool { return false }

// NoSplice is always true.
func NoSplice(Errno) bool { return true }
