package coro

import (
	"slices"
	"sync"
	"sync/atomic"
)

// A Surplus holds the coroutines that are to end, and cannot yet, of the pools of all workers between which tasks move.
// The zero Surplus is empty and ready for use.
//
// A coroutine ends in its own berth, and resumes the party that is parked there. So that has to be one which no other
// worker can be about to resume: another coroutine that is to end, of the same pool (see cycles) or of the Surplus. Until
// then the coroutine waits here, and is used again before a new one is made. The berth of each of them holds a suspended
// body, an idle coroutine of a pool, or a worker's goroutine, each a different one: so there are at most as many.
type Surplus struct {
	left atomic.Int64 // how many can be used again

	mu     sync.Mutex
	idle   []*coroutine              // some may be gone
	parked map[*coroutine]*coroutine // which of the Surplus is parked in the berth of a coroutine
}

// trim takes the coroutines that p does not keep, and ends those that can end. On the worker's own goroutine.
func (s *Surplus) trim(p *Pool) {
	if len(p.idle) > p.limit {
		p.endAll(s.cycles(p))
	}
	if len(p.idle) <= p.limit && len(p.broken) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(p.idle) > p.limit {
		s.add(p, p.pop())
	}
	for _, c := range p.broken {
		s.add(p, c)
	}
	clear(p.broken)
	p.broken = p.broken[:0]
}

// cycles takes those coroutines that p does not keep in whose berths others of them are parked: most of them, if all
// bodies of a round have ended. They can end at once, and need not come into the Surplus.
func (s *Surplus) cycles(p *Pool) []*coroutine {
	s.mu.Lock()
	defer s.mu.Unlock()
	surplus := p.idle[p.limit:]
	for _, c := range surplus {
		c.at.owner.hosts = true
	}
	left := 0
	for i, c := range surplus {
		if !c.hosts {
			surplus[i], surplus[left] = surplus[left], c
			left++
		}
	}
	for _, c := range surplus {
		c.at.owner.hosts = false
	}
	p.idle = p.idle[:p.limit+left]
	return surplus[left:]
}

// add adds c. It ends the owner of the berth that c is parked in, and c itself, if they can end now: no other one can.
func (s *Surplus) add(p *Pool, c *coroutine) {
	if s.parked == nil {
		s.parked = make(map[*coroutine]*coroutine)
	}
	c.surplus = true
	if !c.broken {
		s.tidy()
		s.idle = append(s.idle, c)
		s.left.Add(1)
	}
	owner := c.at.owner
	s.parked[owner] = c
	if owner.surplus {
		s.end(p, owner)
	}
	if c.surplus && s.parked[c] != nil {
		s.end(p, c)
	}
}

// end ends c, in whose berth another one of the Surplus is parked, or c itself. That other one takes the place of c.
func (s *Surplus) end(p *Pool, c *coroutine) {
	guest, owner := s.parked[c], c.at.owner
	delete(s.parked, c)
	if guest != c {
		s.parked[owner] = guest
		guest.pool = p
	}
	c.surplus = false
	if c.broken {
		p.endBroken(c)
		return
	}
	s.left.Add(-1)
	p.endIdle(c)
}

// take removes a coroutine that is not broken, or returns nil if there is none.
func (s *Surplus) take() *coroutine {
	if s.left.Load() == 0 {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.idle) > 0 {
		last := len(s.idle) - 1
		c := s.idle[last]
		s.idle[last] = nil
		s.idle = s.idle[:last]
		if c.gone {
			continue
		}
		c.surplus = false
		s.left.Add(-1)
		delete(s.parked, c.at.owner)
		return c
	}
	return nil
}

// tidy removes those that are gone from idle, if they are more than half.
func (s *Surplus) tidy() {
	if len(s.idle) > 2*int(s.left.Load())+8 {
		s.idle = slices.DeleteFunc(s.idle, func(c *coroutine) bool { return c.gone })
	}
}
