package stdnet

import (
	"net"

	"github.com/moduvex/moduvex-go/compat/internal/goroutine"
	"github.com/moduvex/moduvex-go/core/coro"
)

// This file tells the body that a connection is bound to from other users.
//
// coro.UseCheck is exact, but takes a microsecond, as much as a read. So owned remembers the sign of the goroutine that
// the exact check has found to be the body's: the address of what describes a goroutine in package runtime. A goroutine
// keeps its sign, also when its stack moves, and has it alone as long as it lives. The sign alone proves nothing: when the
// goroutine has ended, another one may get it. But a caller that has the sign of the body's goroutine, and then sees that
// the body is not over, is the body:
//
//	The body ends:  1. over is set;
//	                2. its goroutine runs the body of another task, or ends;
//	                3. another goroutine gets the sign.
//	owned:          1. compares the sign of the caller;
//	                2. loads over.
//
// A caller in state 2 or 3 of the first list comes after 1, in one goroutine or through the lock of the runtime that passes
// the sign on: so it sees that the body is over.
//
// The address of a frame of the caller would do without assembly, but is not exact: a stack that grows moves, and the
// goroutine that gets its memory may have a frame at the same place.
//
// An iterator that the body drives has a goroutine of its own, which may end before the body does. So its sign is not
// remembered: each use by an iterator takes a microsecond, and the first one of each iterator several. So does each use
// on a processor for which Sign has no assembly. An iterator belongs to the goroutine that has called its iter.Pull: if
// that passes the iterator on, and another task drives it, it is still taken for the body.

// owned reports whether the caller may read and write.
func (c *boundConn) owned() bool {
	sign := goroutine.Sign()
	if sign != 0 && sign == c.sign.Load() {
		return !c.uses.Over()
	}
	return c.ownedExactly(sign)
}

func (c *boundConn) ownedExactly(sign uintptr) bool {
	switch c.uses.User() {
	case coro.TheBody:
		c.sign.Store(sign)
		return true
	case coro.AnIterator:
		return true
	}
	return false
}

// foreign is the error of a use that is not the body's. It touches nothing that the body uses.
func (c *boundConn) foreign(op string) error {
	err := &net.OpError{Op: op, Source: c.s.LocalAddr(), Addr: c.s.RemoteAddr(), Err: ErrForeign}
	if err.Addr != nil {
		err.Net = err.Addr.Network()
	}
	return err
}
