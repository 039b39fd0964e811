package netfd

import (
	"net"
	"sync/atomic"

	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
	"github.com/moduvex/moduvex-go/reactor"
)

// An FD is an open socket. Init makes it; it must not be copied. A zero FD is closed.
type FD struct {
	// word holds the references and what is closed:
	//
	//	bit  31      open: set by Init, cleared by Close; without it no operation begins
	//	bit  30      writing is closed
	//	bit  29      reading is closed
	//	bit  28      reads end at boundaries: a short one proves nothing
	//	bit  27      ShutdownRead was called: a read that would block is the end
	//	bit  26      an event for reading wakes one waiter: it is a listener
	//	bit  25      set by Init: the FD is not a zero one
	//	bit  24      a caller registers the FD; others that want to wait until it has
	//	bits 23..0   references: one for being open, and one for each operation under way
	//
	// A zero FD owns no descriptor; its word is that of a closed one, without bit 25.
	//
	// Close, CloseHalf and Register set and clear bits, acquire and release count, all by atomic operations. Bits 28, 26
	// and 25 are set by Init or never. A count that has reached 0 stays 0, since acquire checks the open bit.
	word  atomic.Uint32
	sysfd int32

	// reg is nil until a caller has to wait. That caller stores one, and holds bit 24 meanwhile. A caller that finds the
	// runtime of reg closed sets it to nil.
	reg atomic.Pointer[reactor.Registration]

	// times is nil until a deadline is set. It is stored once.
	times atomic.Pointer[times]
}

const (
	open        = 1 << 31
	writeClosed = 1 << 30
	readClosed  = 1 << 29
	boundaries  = 1 << 28
	ended       = 1 << 27
	wakeSingly  = 1 << 26
	made        = 1 << 25
	registering = 1 << 24
	refs        = registering - 1
)

// halfClosed is the bit of direction d.
func halfClosed(d reactor.Direction) uint32 {
	if d == reactor.Read {
		return readClosed
	}
	return writeClosed
}

// Init makes f the owner of fd.
func (f *FD) Init(fd int) {
	f.sysfd = int32(fd)
	f.word.Store(open | made | 1)
}

// InitBoundaries is Init for a socket whose reads may stop before the socket is empty: one of messages, or a stream
// that may carry descriptors.
func (f *FD) InitBoundaries(fd int) {
	f.sysfd = int32(fd)
	f.word.Store(open | made | boundaries | 1)
}

// Sysfd returns the descriptor. It is valid between a Begin or an Acquire that succeeded and its end.
func (f *FD) Sysfd() int { return int(f.sysfd) }

// Acquire keeps the descriptor open until Release. It returns net.ErrClosed once f is closed.
func (f *FD) Acquire() error {
	if f.acquire(open) {
		return nil
	}
	return net.ErrClosed
}

// acquire takes a reference unless something in bits is closed: open or a half.
func (f *FD) acquire(bits uint32) bool {
	for {
		w := f.word.Load()
		if isClosed(w, bits) {
			return false
		}
		if f.word.CompareAndSwap(w, w+1) {
			return true
		}
	}
}

// isClosed reports whether something in bits is closed in w.
func isClosed(w, bits uint32) bool { return (w^open)&bits != 0 }

// Release drops a reference. The last one closes the descriptor.
func (f *FD) Release() { _ = f.release() }

func (f *FD) release() error {
	if f.word.Add(^uint32(0))&refs != 0 {
		return nil
	}
	if reg := f.reg.Load(); reg != nil {
		return reg.CloseWith(closeSocket)
	}
	return sys.Close(int(f.sysfd))
}

func closeSocket(fd uintptr) error { return sys.Close(int(fd)) }

// Close closes f: it wakes all operations that wait, and they return net.ErrClosed. So does a second Close.
func (f *FD) Close() error {
	if f.word.And(^uint32(open))&open == 0 {
		return net.ErrClosed
	}
	if reg := f.reg.Load(); reg != nil {
		_ = reg.Deregister() // the error of the close is that of release
	}
	if t := f.times.Load(); t != nil {
		t.close()
	}
	return f.release()
}

// CloseHalf closes direction d: it wakes the operations that wait for d, and they return net.ErrClosed. If the other
// direction is closed already, CloseHalf closes f, and last is true. A second call for d, or one after Close, returns
// net.ErrClosed.
func (f *FD) CloseHalf(d reactor.Direction) (last bool, err error) {
	bit := halfClosed(d)
	for {
		w := f.word.Load()
		if isClosed(w, open|bit) {
			return false, net.ErrClosed
		}
		if !f.word.CompareAndSwap(w, w|bit) {
			continue
		}
		if (w|bit)&(readClosed|writeClosed) == readClosed|writeClosed {
			return true, f.Close()
		}
		f.wake(d)
		return false, nil
	}
}

// ShutdownRead ends the incoming stream; bytes that have arrived can be read. The caller holds a reference. Not every
// system reports this to the reactor, so ShutdownRead wakes the readers itself.
func (f *FD) ShutdownRead() error {
	err := sys.ShutdownRead(f.Sysfd())
	if err == nil {
		f.word.Or(ended)
		f.wake(reactor.Read)
	}
	return err
}

// hasEnded reports whether ShutdownRead has ended direction d.
func (f *FD) hasEnded(d reactor.Direction) bool {
	return d == reactor.Read && f.word.Load()&ended != 0
}

// Closed reports whether f is closed, or zero.
func (f *FD) Closed() bool { return isClosed(f.word.Load(), open) }

// A zeroError is the error of an operation on a zero socket. It wraps net.ErrClosed.
type zeroError struct{}

func (zeroError) Error() string {
	return "the socket is zero: it was not returned by a Listen, Dial or Accept"
}
func (zeroError) Unwrap() error { return net.ErrClosed }

// Explain returns err, or an error that says that f is zero if err is net.ErrClosed for that reason.
func (f *FD) Explain(err error) error {
	if err == net.ErrClosed && f.word.Load()&made == 0 {
		return zeroError{}
	}
	return err
}

// wakeOne wakes the waiter that has waited longest for direction d, which tries again. That waiter owes the others
// what the caller of wakeOne wants to be done: see limit and Acceptor.passOn. Any goroutine.
func (f *FD) wakeOne(d reactor.Direction) {
	reg := f.reg.Load()
	if reg == nil {
		return // then there is no waiter
	}
	if w := reg.TakeWaiter(d); w != nil {
		w.Wake()
	}
}

// wake wakes all waiters for direction d, which try again. Any goroutine.
func (f *FD) wake(d reactor.Direction) {
	reg := f.reg.Load()
	if reg == nil {
		return // then there is no waiter
	}
	var buf [4]reactor.Waker
	for _, w := range reg.TakeWaiters(d, buf[:0]) {
		w.Wake()
	}
}
