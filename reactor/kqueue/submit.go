//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package kqueue

import "golang.org/x/sys/unix"

// submit has the kernel make the changes of list to s, and returns an error or nil for each. The returned slice is
// valid until the next submit. Under mu.
//
// With receipts each change takes one entry in the list of events, which has just as many: the kernel neither waits
// nor has room for events. Without receipts each change is a separate call with no room for events, and the error of
// the call is that of the change.
func (p *Poller) submit(s *source, list []change) []error {
	receipt := 0
	if p.k.receipt {
		receipt = evReceipt
	}
	for i, c := range list {
		fflags, data := uint32(0), int64(0)
		switch {
		case c.f == except:
			fflags = p.k.oob
		case c.guard:
			fflags, data = noteLowat, unreachable
		}
		p.changes[i].set(s.fd, p.k.number(c.f), c.action|c.flags|receipt, fflags, data, s.tag)
		p.errs[i] = nil
	}
	errs := p.errs[:len(list)]
	if !p.k.receipt {
		for i := range errs {
			_, errs[i] = p.retry(p.changes[i:i+1], nil)
		}
		return errs
	}
	if len(list) == 0 {
		return nil
	}
	n, err := p.retry(p.changes[:len(list)], p.receipts[:len(list)])
	for i := range errs {
		switch {
		case err != nil:
			errs[i] = err
		case i >= n:
			errs[i] = unix.EIO // a kernel returns a receipt for each
		case p.receipts[i].data != 0:
			errs[i] = unix.Errno(p.receipts[i].data)
		}
	}
	return errs
}

// retry repeats a call that a signal has interrupted. Each change has the same effect twice as once, except that a
// deleted filter is missing the second time, which judge allows.
func (p *Poller) retry(changes, receipts []kevent) (int, error) {
	for {
		n, err := p.k.Kevent(p.kq, changes, receipts, 0)
		if err != unix.EINTR {
			return n, err
		}
	}
}
