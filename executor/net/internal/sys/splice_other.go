//go:build !linux

package sys

// A Pipe is what only Linux has.
type Pipe struct{}

// NewPipe fails here.
func NewPipe() (Pipe, Errno) { return Pipe{}, EAGAIN }

func (Pipe) Close()                      {}
func (Pipe) Fill(int) (int, Errno)       { return 0, EAGAIN }
func (Pipe) Drain(int, int) (int, Errno) { return 0, EAGAIN }
func (Pipe) Read([]byte) (int, Errno)    { return 0, EAGAIN }

// AtMark is for what a Pipe cannot move.
func AtMark(int) (int, Errno) { return 0, EAGAIN }

// Blocking is for calls that there are not here.
func Blocking(int) bool { return false }

// NoSplice is always true.
func NoSplice(Errno) bool { return true }
