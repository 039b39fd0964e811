package nethttp

import "sync"

// A shard has the connections of a worker, in two lists.
type shard struct {
	mu     sync.Mutex
	parked list // in the gate, in a handshake, or queued
	served list

	_ [64]byte // apart from the next shard
}

// A list is a list of connections.
type list struct {
	first *conn
	n     int
}

// put moves c to the list l of the shard.
func (sh *shard) put(c *conn, l *list) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	sh.unlink(c)
	c.in, c.next = l, l.first
	if c.next != nil {
		c.next.prev = c
	}
	l.first = c
	l.n++
}

// remove takes c out of its list, if it is in one.
func (sh *shard) remove(c *conn) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	sh.unlink(c)
}

func (sh *shard) unlink(c *conn) {
	if c.in == nil {
		return
	}
	if c.prev != nil {
		c.prev.next = c.next
	} else {
		c.in.first = c.next
	}
	if c.next != nil {
		c.next.prev = c.prev
	}
	c.in.n--
	c.in, c.prev, c.next = nil, nil, nil
}

// pick returns the parked connections that match.
func (sh *shard) pick(match func(c *conn) bool) (all []*conn) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	for c := sh.parked.first; c != nil; c = c.next {
		if match(c) {
			all = append(all, c)
		}
	}
	return all
}

// counts returns the lengths of the lists.
func (sh *shard) counts() (parked, served int) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	return sh.parked.n, sh.served.n
}

// kick ends the waits of the engine that have begun before the sweep since, and reports whether the engine has connections.
func (sh *shard) kick(since uint32) bool {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	for c := sh.served.first; c != nil; c = c.next {
		c.mu.Lock()
		if c.stay != nil {
			c.stay.kick(since)
		}
		c.mu.Unlock()
	}
	return sh.served.n > 0
}
