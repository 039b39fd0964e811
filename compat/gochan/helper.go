package gochan

import (
	"reflect"

	"github.com/moduvex/moduvex-go/core"
)

// A client is something that a helper waits for: the line of a channel, a send, or a selection. All methods are called
// under the lock of the pool but wait, selectCases, fire and probe, which the helper calls without it: they store what
// has happened in fields that settle reads.
type client interface {
	served() *service
	// wanted reports whether there is something to wait for.
	wanted() bool
	// wait blocks until a case of the client is done, or until the helper is stopped, and reports whether one is. It
	// must not panic.
	wait(stop *stops) (done bool)
	// size returns how many cases there are. It does not change.
	size() int
	// ends appends the ends of its unbuffered channels. They do not change.
	ends([]end) []end
	// selectCases appends the cases that wait would wait for.
	selectCases([]reflect.SelectCase) []reflect.SelectCase
	// fire says that case i is done.
	fire(i int, v reflect.Value, ok bool)
	// probe does a case that is ready or panics, and reports whether there was one: so a helper that waits for many
	// clients finds the one with a send on a closed channel.
	probe() (done bool)
	// settle ends a round: done says whether a case is done. It appends the wakers to wake.
	settle(done bool, wake []core.Waker) []core.Waker
	// unserved is called when no helper waits for the client any more.
	unserved()
}

// A service is the state of a client towards its helper.
//
//	          serve
//	no helper ─────→ served: a case may be done at any moment while the helper is in flight, which is during a round
//	    ↑              │
//	    └──────────────┘ the helper finds, before a round, that the client wants nothing
//
// So a client that wants something again before that keeps the helper.
type service struct {
	helper     *helper // nil if none waits for the client
	index      int     // in the clients of a group
	noted      bool    // in the list noted of a group
	unresolved bool    // withdrawn, and the helper has not answered
}

// A helper is a goroutine that waits in Go channels: a dedicated one for one client, a shared one for a group. It ends
// when its clients want nothing any more. Goroutines are not kept for later: Go's runtime keeps the memory of those
// that have ended, and a hand-over to an idle one takes longer than a start.
type helper struct {
	p        *pool
	stop     stops
	inFlight bool // in a round, as far as is known under the lock

	// Of a group:
	clients []client
	noted   []client    // those that may want nothing any more: see note
	index   int         // in the groups of the pool
	size    int         // how many cases its clients have
	ends    map[end]int // what it waits for, and for how many clients
}

// The stops end the round of a helper, which waits in both.
//
// A goroutine that takes a token in a select does nothing else there. So a token that the helper takes from now, which
// has no buffer, says at once that no case is done in this round; and what the helper has done before happens before
// the send returns: a task may close a channel then to which it has sent. If the helper is not waiting, because it has
// not begun or has finished, a token stays in late, which holds one.
type stops struct{ now, late chan struct{} }

func makeStops() stops { return stops{make(chan struct{}), make(chan struct{}, 1)} }

// send stops the round, and reports whether it is over: no case is done in it.
func (s *stops) send() (over bool) {
	select {
	case s.now <- struct{}{}:
		return true
	default:
	}
	select {
	case s.late <- struct{}{}:
	default: // there is a token already
	}
	return false
}

// cases appends the cases that wait for a token.
func (s *stops) cases(cs []reflect.SelectCase) []reflect.SelectCase {
	return append(cs,
		reflect.SelectCase{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(s.now)},
		reflect.SelectCase{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(s.late)})
}

// numStops is how many cases that are.
const numStops = 2

// serve makes a helper wait for c. Under the lock. It always finds one at once, so no wait waits for the end of
// another one.
func (p *pool) serve(c client) {
	s := c.served()
	if s.helper != nil {
		return // it takes the lock before it ends
	}
	if p.dedicated >= p.limit && p.serveShared(c) {
		return
	}
	p.dedicated++
	s.helper = &helper{p: p, stop: makeStops()}
	go s.helper.dedicated(c)
}

// serveShared puts c into a group. It fails if every group waits for the other end of a channel of c, or is full.
func (p *pool) serveShared(c client) bool {
	ends := c.ends(nil)
	for range p.groups {
		i := p.next
		p.next = (i + 1) % len(p.groups)
		h := p.groups[i]
		if h == nil {
			h = &helper{p: p, stop: makeStops(), index: i, ends: map[end]int{}}
			p.groups[i] = h
			go h.shared()
		} else if !h.accepts(c, ends) {
			continue
		}
		s := c.served()
		s.helper, s.index = h, len(h.clients)
		h.clients = append(h.clients, c)
		h.size += c.size()
		for _, e := range ends {
			h.ends[e]++
		}
		h.stop.send() // it looks at its clients anew
		return true
	}
	return false
}

// An end is the sending or receiving end of an unbuffered channel. One goroutine cannot wait for both ends for two
// clients: a select does not communicate with itself, so the two would never meet. As waits in different goroutines
// meet at once, the waits for one channel are of one direction, but for an instant.
type end struct {
	channel uintptr
	sends   bool
}

// endOf appends the end of ch, unless it has a buffer.
func endOf(ch reflect.Value, sends bool, ends []end) []end {
	if ch.Cap() > 0 {
		return ends
	}
	return append(ends, end{ch.Pointer(), sends})
}

// maxCases is how many cases of clients a reflect.Select may have.
const maxCases = 65536 - numStops

// accepts reports whether the group has room for the cases of c, and waits for no other end of its channels.
func (h *helper) accepts(c client, ends []end) bool {
	if h.size+c.size() > maxCases {
		return false
	}
	for _, e := range ends {
		e.sends = !e.sends
		if h.ends[e] > 0 {
			return false
		}
	}
	return true
}

// note makes the group look, before its next round, whether c wants something. A dedicated helper always does.
func (h *helper) note(c client) {
	if s := c.served(); h.ends != nil && !s.noted {
		s.noted = true
		h.noted = append(h.noted, c)
	}
}

// sweep removes the clients that want nothing any more, before a round. Under the lock.
func (h *helper) sweep() {
	for _, c := range h.noted {
		c.served().noted = false
		if !c.wanted() {
			h.remove(c)
		}
	}
	clear(h.noted)
	h.noted = h.noted[:0]
}

// remove undoes what serveShared has done for c.
func (h *helper) remove(c client) {
	s, n := c.served(), len(h.clients)-1
	last := h.clients[n]
	h.clients[s.index], h.clients[n] = last, nil
	h.clients = h.clients[:n]
	last.served().index = s.index
	s.helper = nil
	h.size -= c.size()
	for _, e := range c.ends(nil) {
		if h.ends[e]--; h.ends[e] == 0 {
			delete(h.ends, e)
		}
	}
	c.unserved()
}

// withdraw takes c out of the round of its helper, and reports whether it is out: no case of c is done in this round.
// Otherwise the helper answers by settle as soon as it runs. Under the lock.
func (p *pool) withdraw(c client) bool {
	s := c.served()
	h := s.helper
	if h == nil {
		return true
	}
	h.note(c)
	if !h.inFlight {
		return true
	}
	if h.stop.send() {
		h.inFlight = false
		return true
	}
	if !s.unresolved {
		s.unresolved = true
		p.unsettled++
	}
	return false
}

// settle ends the round of c. Under the lock.
func (p *pool) settle(c client, done bool, wake []core.Waker) []core.Waker {
	if s := c.served(); s.unresolved {
		s.unresolved = false
		p.unsettled--
		if p.unsettled == 0 {
			defer p.settled.Broadcast() // when c has kept its value
		}
	}
	return c.settle(done, wake)
}

// dedicated is the goroutine of a helper with one client.
func (h *helper) dedicated(c client) {
	p := h.p
	var room [8]core.Waker
	p.mu.Lock()
	for c.wanted() {
		h.inFlight = true
		p.mu.Unlock()
		done := c.wait(&h.stop)
		p.mu.Lock()
		h.inFlight = false
		if wake := p.settle(c, done, room[:0]); len(wake) > 0 {
			p.mu.Unlock()
			wakeAll(wake)
			clear(wake) // a waker keeps its task
			p.mu.Lock()
		}
	}
	c.served().helper = nil
	p.dedicated--
	c.unserved()
	p.mu.Unlock()
}

// shared is the goroutine of a helper with a group. What it does under the lock does not depend on the size of the
// group.
func (h *helper) shared() {
	p := h.p
	var cases []reflect.SelectCase
	var wake []core.Waker
	var first []int // the first case of each client
	p.mu.Lock()
	for {
		h.sweep()
		if len(h.clients) == 0 {
			p.groups[h.index] = nil
			p.mu.Unlock()
			return
		}
		clients := h.clients // those of this round: others are appended meanwhile
		h.inFlight = true
		p.mu.Unlock()
		cases, first = h.stop.cases(cases[:0]), first[:0]
		for _, c := range clients {
			first = append(first, len(cases))
			cases = c.selectCases(cases)
		}
		ready := h.round(clients, cases, first)
		clear(cases)
		p.mu.Lock()
		if wake = h.endRound(ready, wake); len(wake) > 0 {
			p.mu.Unlock()
			wakeAll(wake)
			clear(wake)
			wake = wake[:0]
			p.mu.Lock()
		}
	}
}

// endRound settles with the client whose case is done, if any, and with those that have withdrawn. Under the lock.
func (h *helper) endRound(ready client, wake []core.Waker) []core.Waker {
	h.inFlight = false
	if ready != nil {
		wake = h.p.settle(ready, true, wake)
		h.note(ready)
	}
	for _, c := range h.noted {
		if c != ready {
			wake = h.p.settle(c, false, wake)
		}
	}
	return wake
}

// round waits until a case is done, and returns its client, or nil for a token.
func (h *helper) round(clients []client, cases []reflect.SelectCase, first []int) client {
	i, v, ok, panicked := trySelect(cases)
	switch {
	case panicked:
		for _, c := range clients {
			if c.probe() {
				return c
			}
		}
		return nil
	case i < numStops:
		return nil
	}
	at := len(first) - 1
	for first[at] > i {
		at--
	}
	clients[at].fire(i-first[at], v, ok)
	return clients[at]
}

// trySelect is reflect.Select. panicked says that a case sends on a closed channel; no other case is done then.
func trySelect(cases []reflect.SelectCase) (i int, v reflect.Value, ok, panicked bool) {
	panicked = true
	defer func() {
		if panicked {
			_ = recover()
		}
	}()
	i, v, ok = reflect.Select(cases)
	panicked = false
	return i, v, ok, panicked
}

func wakeAll(wake []core.Waker) {
	for _, w := range wake {
		w.Wake()
	}
}
