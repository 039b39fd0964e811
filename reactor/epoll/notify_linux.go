package epoll

import (
	"unsafe"

	"github.com/moduvex/moduvex-go/reactor"
	"golang.org/x/sys/unix"
)

// The notifier is an eventfd that is written and never read. [pollerkit.NotifyFlag] has the protocol of Notify and
// Wait and the proof that no Notify is lost; a signal of that protocol is a write to the eventfd.
//
// The eventfd is in the epoll instance edge-triggered. The kernel queues an edge for each write, whatever the
// counter was before, and nothing here needs the counter. So Wait saves the read that level-triggering would
// need. The counter is full after 2^64-2 writes, which takes 80,000 years; signal handles that case too.

// Notify implements [reactor.Poller].
func (p *Poller) Notify() error {
	if !p.open.Load() {
		return reactor.ErrClosed
	}
	ticket, signalled := p.notify.Request()
	if signalled {
		return nil
	}
	p.ctlMu.RLock()
	defer p.ctlMu.RUnlock()
	if !p.open.Load() {
		return reactor.ErrClosed
	}
	if err := p.signal(); err != nil {
		return &reactor.PollError{Op: "notify", FD: reactor.NoFD, Err: err}
	}
	p.notify.Signalled(ticket)
	return nil
}

// signal adds one to the eventfd. The caller keeps Close from closing it meanwhile.
func (p *Poller) signal() error {
	errno := p.writeOne()
	if errno == unix.EAGAIN {
		// The counter is full. A read empties it; another reader may have done so already.
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
