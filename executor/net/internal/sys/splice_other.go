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

// NoSplice is always true.
func NoSplice(Errno) bool { return true }
