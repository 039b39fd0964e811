package epoll

import (
	"unsafe"

	"github.com/moduvex/moduvex-go/reactor"
	"golang.org/x/sys/unix"
)

// The notifier is an eventfd that is written and never read.
//
// It is in the epoll instance edge-triggered. The kernel queues an edge for each write to an eventfd,
// whatever its counter was before; the counter itself nobody needs. So the read that level-triggering
// would ask for is saved. The counter is full after 2^64-2 writes, 80,000 years of nothing else; signal
// covers it all the same.
//
// # Why no Notify is lost
//
// Notify:
//
//  1. sets asked;
//  2. unless made is set, writes to the eventfd, and then sets made if no Wait has cleared the two meanwhile.
//
// Wait:
//
//  1. gets the eventfd's event from the kernel, which thereby forgets it;
//  2. clears asked and made;
//  3. returns.
//
// A Notify that finds made clear writes itself, and the edge stays with the kernel until a Wait gets it. A Notify
// that finds it set comes before step 2 of some Wait, since only that clears it, and after a write that no Wait
// has cleared made for. Either that Wait has got the event: then it has yet to return, and returning is all it
// has to do. Or none has: then the edge is with the kernel, and the next Wait gets it.
//
// A Notify that meets another one between its two steps writes as well: the write of the other may fail, and
// then only the other is told. Two edges may end two Waits, which the contract allows.
//
// Clearing the bits before the system call was rejected: a Notify between would write a second time, and
// the edge of the first might end the next Wait for nothing. Clearing them in every Wait, event or not,
// was rejected for the same reason.

// Notify implements [reactor.Poller].
func (p *Poller) Notify() error {
	if p.closed.Load() {
		return reactor.ErrClosed
	}
	word, already := p.notice.ask()
	if already {
		return nil
	}
	p.ctlMu.RLock()
	defer p.ctlMu.RUnlock()
	if p.closed.Load() {
		return reactor.ErrClosed
	}
	if err := p.signal(); err != nil {
		return &reactor.PollError{Op: "notify", FD: reactor.NoFD, Err: err}
	}
	p.notice.done(word)
	return nil
}

// noted is called by the Wait that got the eventfd's event.
func (p *Poller) noted() { p.notice.take() }

// signal adds one to the eventfd. The caller keeps Close from closing it meanwhile.
func (p *Poller) signal() error {
	errno := p.writeOne()
	if errno == unix.EAGAIN {
		// The counter is full. Reading empties it; another reader may be first, which is as good.
		var count uint64
		unix.RawSyscall(unix.SYS_READ, uintptr(p.notifd), uintptr(unsafe.Pointer(&count)), 8)
		errno = p.writeOne()
	}
	return errOf(errno)
}

func (p *Poller) writeOne() unix.Errno {
	one := uint64(1)
	_, _, errno := unix.RawSyscall(unix.SYS_WRITE, uintptr(p.notifd), uintptr(unsafe.Pointer(&one)), 8)
	return errno
}
