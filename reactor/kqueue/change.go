//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package kqueue

import (
	"slices"

	"github.com/moduvex/moduvex-go/reactor"
	"golang.org/x/sys/unix"
)

// Every method of this file is called with mu held.

// add registers fd.
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

// modify gives s a new Key, Interest and Mode. After an error s is as it was.
func (p *Poller) modify(s *source, key reactor.Key, interest reactor.Interest, mode reactor.Mode) error {
	p.unhold(s)
	if err := p.arrange(s, interest, mode); err != nil {
		p.hold(s)
		return err
	}
	s.key, s.interest, s.mode = key, interest, mode
	s.fired = false
	s.lastWait = 0 // the Wait in progress must not add to an Event under the old Key
	p.hold(s)
	return nil
}

// remove takes s out. A filter is missing if it has fired with evOneShot. If the owner has closed the descriptor
// already, which is a mistake, the kernel has dropped the filters, and the table drops the entry too.
func (p *Poller) remove(s *source) error {
	var buf [2 * filters]change
	list := plan(buf[:0], s.have, configs{})
	err := judge(list, p.submit(s, list), configs{}).err
	if err == nil || err == unix.EBADF {
		delete(p.sources, s.fd)
		p.unhold(s)
	}
	return err
}

// arrange makes the kernel's filters of s those for interest and mode. What holds at that moment is reported by the
// next Wait.
//
// After an error the filters are as they were. If the kernel refuses to restore them, s is not watched as it should
// be, and arrange holds an error for s: its owner then tries an operation instead of waiting for a report that will
// not come.
func (p *Poller) arrange(s *source, interest reactor.Interest, mode reactor.Mode) error {
	var buf [2 * filters]change
	want := p.k.configure(interest, mode)
	list := plan(buf[:0], s.have, want)
	v := judge(list, p.submit(s, list), want)
	var ended, held reactor.Readiness
	for f := range filters {
		if v.ended[f] {
			ended |= closedBy(f)
			held |= readyAtEnd(f, interest)
		}
	}
	if v.err == nil && held != 0 {
		v.err = p.signal() // the Wait that it wakes waits for mu
	}
	if v.err != nil {
		p.restore(s, v.have)
		return v.err
	}
	s.have, s.held = v.have, held
	s.closed |= ended
	return nil
}

// restore undoes what arrange did to make the filters have.
func (p *Poller) restore(s *source, have configs) {
	var buf [2 * filters]change
	list := planUndo(buf[:0], have, s.have)
	errs := p.submit(s, list)
	for i, c := range list {
		if errs[i] != nil && c.action != evDelete {
			s.held |= reactor.ErrorReady
			p.signal()
			return
		}
	}
}

// hold puts s into the list of held sources if it has something held; unhold takes it out.
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
