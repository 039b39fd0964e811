package stream

import "github.com/moduvex/moduvex-go/core/coro"

// A Reader reads in direct style. Read follows the rules of io.Reader; in addition, it may suspend the body of co.
type Reader interface {
	Read(co *coro.Co, b []byte) (n int, err error)
}

// A Writer writes in direct style. Write follows the rules of io.Writer; in addition, it may suspend the body of co.
type Writer interface {
	Write(co *coro.Co, b []byte) (n int, err error)
}

// A Duplex is a connection whose two directions end separately. CloseWrite ends the outgoing one: the peer reads what
// was written and then io.EOF. It does not wait.
type Duplex interface {
	Reader
	Writer
	CloseWrite() error
}
