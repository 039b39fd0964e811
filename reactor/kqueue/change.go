//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package kqueue

import (
	"slices"

	"github.com/moduvex/moduvex-go/reactor"
	"golang.org/x/sys/unix"
)

// change is one change of one filter.
type change struct {
	f      filter
	action int // evAdd, perhaps with evEnable, or evDelete
	config
}

// add registers fd. As everything here it is called with mu held.
func (p *Poller) add(fd int, key reactor.Key, interest reactor.Interest, mode reactor.Mode) error {
	p.lastTag++
	s := &source{fd: fd, tag: p.lastTag}
	if err := p.arrange(s, interest, mode); err != nil {
		return err
	}
	s.key, s.interest, s.mode = key, interest, mode
	p.sources[fd] = s
	p.hold(s)
	return nil
}

// modify gives s what it is to have from now on, or leaves all as it is.
func (p *Poller) modify(s *source, key reactor.Key, interest reactor.Interest, mode reactor.Mode) error {
	p.unhold(s)
	if err := p.arrange(s, interest, mode); err != nil {
		p.hold(s)
		return err
	}
	s.key, s.interest, s.mode = key, interest, mode
	s.fired = false
	s.turn = 0 // the Wait in progress must not add to an Event under the old Key
	p.hold(s)
	return nil
}

// remove takes s out. A filter that is missing has fired with evOneShot. That the descriptor is closed
// already is its owner's mistake; the kernel has dropped the filters then, and so must the table.
func (p *Poller) remove(s *source) error {
	var buf [filters]change
	list := buf[:0]
	for f := range s.have {
		if s.have[f].there {
			list = append(list, change{f: filter(f), action: evDelete})
		}
	}
	err := firstError(list, p.submit(s, list), func(c change, err error) bool { return err == unix.ENOENT })
	if err == nil || err == unix.EBADF {
		delete(p.sources, s.fd)
		p.unhold(s)
	}
	return err
}

// arrange makes the kernel's filters those for interest and mode. What they report from now on is what holds,
// since adding a filter makes the kernel look, also one that it has already. A filter whose flags change
// is deleted and added anew: the kernel keeps the flags of the first time.
//
// After an error the filters are as they were. If the kernel refuses that too, s is not watched as it should
// be, and an error is held for it: its owner tries then, rather than wait for what nobody will report.
func (p *Poller) arrange(s *source, interest reactor.Interest, mode reactor.Mode) error {
	var buf [2 * filters]change
	list := buf[:0]
	var want [filters]config
	for f := range filters {
		old, c := s.have[f], p.k.configure(f, interest, mode)
		want[f] = c
		if old.there && old != c {
			list = append(list, change{f: f, action: evDelete})
		}
		if c.there {
			list = append(list, change{f, evAdd | evEnable, c})
		}
	}
	held := reactor.Readiness(0)
	closed := s.closed
	watched := false
	errs := p.submit(s, list)
	err := firstError(list, errs, func(c change, err error) bool {
		switch {
		case c.action == evDelete:
			return err == unix.ENOENT
		case err == unix.EPIPE:
			held |= s.ended(c.f, interest)
			watched = true
		case !c.guard && c.f != except || !unsuited(err):
			return false
		}
		want[c.f] = config{}
		return true
	})
	for f := range want {
		watched = watched || want[f].there
	}
	if err == nil && !watched {
		err = firstError(list, errs, func(c change, _ error) bool { return c.action == evDelete })
	}
	if err == nil && held != 0 {
		err = p.signal() // and whoever is woken waits for mu
	}
	if err != nil {
		s.closed = closed
		p.restore(s, want)
		return err
	}
	s.have = want
	s.held = held
	return nil
}

// restore undoes what arrange did to make the filters want.
func (p *Poller) restore(s *source, want [filters]config) {
	var buf [2 * filters]change
	list := buf[:0]
	for f := range filters {
		if want[f].there && want[f] != s.have[f] {
			list = append(list, change{f: f, action: evDelete})
		}
		if s.have[f].there && want[f] != s.have[f] {
			list = append(list, change{f, evAdd | evEnable, s.have[f]})
		}
	}
	err := firstError(list, p.submit(s, list), func(c change, _ error) bool { return c.action == evDelete })
	if err != nil {
		s.held |= reactor.ErrorReady
		p.signal()
	}
}

// firstError returns the first error of the changes of list that is not excused.
func firstError(list []change, errs []error, excused func(change, error) bool) (first error) {
	for i, err := range errs {
		if err != nil && !excused(list[i], err) && first == nil {
			first = err
		}
	}
	return first
}

// unsuited reports whether err says that a kind of file has no such filter.
func unsuited(err error) bool {
	switch err {
	case unix.EINVAL, unix.ENODEV, unix.ENXIO, unix.ENOTTY, unix.EOPNOTSUPP, unix.EPERM, unix.EACCES:
		return true
	}
	return err == unix.ENOTSUP // the same as EOPNOTSUPP on some of these systems
}

// submit has the kernel make the changes of list to s and returns an error for each, in memory of its own
// that holds until the next submit.
//
// With receipts each change takes a place in the list of events, and there are just as many places: the
// kernel neither waits nor has room for events of anybody. Without, each change is a call with no room for
// events at all, whose error is the change's.
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
			errs[i] = unix.EIO // not a kernel's answer
		case p.receipts[i].data != 0:
			errs[i] = unix.Errno(p.receipts[i].data)
		}
	}
	return errs
}

// retry makes changes that may have been interrupted once more: all of them come to the same twice, but that
// what was deleted is missing then.
func (p *Poller) retry(changes, receipts []kevent) (int, error) {
	for {
		n, err := p.k.Kevent(p.kq, changes, receipts, 0)
		if err != unix.EINTR {
			return n, err
		}
	}
}

// hold notes that s has something held; unhold takes that back.
func (p *Poller) hold(s *source) {
	if s.held != 0 {
		p.held = append(p.held, s)
	}
}

func (p *Poller) unhold(s *source) {
	if i := slices.Index(p.held, s); i >= 0 {
		p.held = slices.Delete(p.held, i, i+1)
	}
}
