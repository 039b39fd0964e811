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
//  1. sets notified;
//  2. if it was clear before, writes to the eventfd.
//
// Wait:
//
//  1. gets the eventfd's event from the kernel, which thereby forgets it;
//  2. clears notified;
//  3. returns.
//
// A Notify that finds notified clear writes, and the edge stays with the kernel until a Wait gets it.
// A Notify that finds it set comes before step 2 of some Wait, since only that clears it, and after
// the Notify that set it, which has written or is about to. Either that Wait has got the event: then it
// has yet to return, and returning is all it has to do. Or none has: then the edge is with the kernel,
// or will be as soon as the other Notify gets to write it, and the next Wait gets it.
//
// Both steps on notified are swaps, so that each reads what the one before wrote: what a notifier wrote
// before its Notify is therefore visible to the Wait that returns for it, even if the system call was
// made by another notifier. A plain store in Wait, or a load in Notify to save the swap, would not have
// that order.
//
// Clearing notified before the system call was rejected: a Notify between would write a second time, and
// the edge of the first might end the next Wait for nothing. Clearing it in every Wait, event or not,
// was rejected for the same reason.

// Notify implements [reactor.Poller].
func (p *Poller) Notify() error {
	if p.closed.Load() {
		return reactor.ErrClosed
	}
	if p.notified.Swap(true) {
		return nil
	}
	p.ctlMu.RLock()
	defer p.ctlMu.RUnlock()
	if p.closed.Load() {
		return reactor.ErrClosed
	}
	if err := p.signal(); err != nil {
		p.notified.Store(false) // let the next one try
		return &reactor.PollError{Op: "notify", FD: reactor.NoFD, Err: err}
	}
	return nil
}

// noted is called by the Wait that got the eventfd's event.
func (p *Poller) noted() { p.notified.Swap(false) }

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
