package netfd

import (
	"net"
	"sync/atomic"

	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
	"github.com/moduvex/moduvex-go/reactor"
)

// An FD is an open socket. It is made by Init and must not be copied.
type FD struct {
	// word holds the references and what is closed:
	//
	//	bit  31      open: set by Init, cleared by Close; without it no operation begins
	//	bit  30      writing is closed
	//	bit  29      reading is closed
	//	bit  28      reads end at boundaries: a short one proves nothing
	//	bit  27      ShutdownRead was called: a read that would block is the end
	//	bit  26      waiters for reading are woken in turns: it is a listener
	//	bits 25..0   references: one for being open, and one for each operation under way
	//
	// The word of a zero FD, which owns no descriptor, is that of one that is closed.
	//
	// Close and CloseHalf set and clear bits, acquire and release count, all by compare-and-swap or Add. Bits 28
	// and 26 are set by Init or never. A count that has come to 0 stays there, since acquire looks at the
	// open bit.
	word  atomic.Uint32
	sysfd int32

	// reg is nil until somebody has to wait. Whoever finds it so stores one; whoever finds that its
	// runtime is gone takes it out.
	reg atomic.Pointer[reactor.Registration]

	// times is nil until a deadline is set. Stored once.
	times atomic.Pointer[times]
}

const (
	open        = 1 << 31
	writeClosed = 1 << 30
	readClosed  = 1 << 29
	boundaries  = 1 << 28
	ended       = 1 << 27
	inTurns     = 1 << 26
	refs        = inTurns - 1
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
	f.word.Store(open | 1)
}

// InitBoundaries is Init for a socket whose reads may stop before it is drained: of messages, or of a
// stream that may carry descriptors.
func (f *FD) InitBoundaries(fd int) {
	f.sysfd = int32(fd)
	f.word.Store(open | boundaries | 1)
}

// Sysfd is the descriptor, for use between a Begin or an Acquire that succeeded and its end.
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

// Release gives a reference up.
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

// Close ends f: what waits is woken and finds it closed. A second call returns net.ErrClosed.
func (f *FD) Close() error {
	if f.word.And(^uint32(open))&open == 0 {
		return net.ErrClosed
	}
	if reg := f.reg.Load(); reg != nil {
		_ = reg.Deregister() // release reports what goes wrong with closing
	}
	if t := f.times.Load(); t != nil {
		t.close()
	}
	return f.release()
}

// CloseHalf ends direction d: what waits for it is woken and finds it closed. When both are, so is
// f, and then last is true. A second call for d, or one after Close, returns net.ErrClosed.
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

// ShutdownRead ends the incoming stream: what is there can be read. The caller holds a reference. Not
// every system wakes those who wait to read, so they are woken here.
func (f *FD) ShutdownRead() error {
	err := sys.ShutdownRead(f.Sysfd())
	if err == nil {
		f.word.Or(ended)
		f.wake(reactor.Read)
	}
	return err
}

// hasEnded reports whether there will be nothing more in direction d.
func (f *FD) hasEnded(d reactor.Direction) bool {
	return d == reactor.Read && f.word.Load()&ended != 0
}

// Closed reports whether Close has been called, or Init has not.
func (f *FD) Closed() bool { return isClosed(f.word.Load(), open) }

// wakeOne wakes the one that has waited longest for direction d, to look again. It owes the others what its caller
// wants to be done: see limit and Acceptor.handOn. Any goroutine.
func (f *FD) wakeOne(d reactor.Direction) {
	reg := f.reg.Load()
	if reg == nil {
		return // then nobody waits
	}
	if w := reg.TakeWaiter(d); w != nil {
		w.Wake()
	}
}

// wake wakes all that wait for direction d, to look again. Any goroutine.
func (f *FD) wake(d reactor.Direction) {
	reg := f.reg.Load()
	if reg == nil {
		return // then nobody waits
	}
	var buf [4]reactor.Waker
	for _, w := range reg.TakeWaiters(d, buf[:0]) {
		w.Wake()
	}
}
