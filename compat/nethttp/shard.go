package nethttp

import "sync"

// A shard has a share of the server's connections, those that began on one worker, in two lists. Its mu comes before the mu of a
// conn.
type shard struct {
	mu    sync.Mutex
	lists [lists]list

	_ [64]byte // the next shard is in another cache line
}

// A list is a list of connections.
type list struct {
	first *conn
	n     int
}

// A whichList names the list of its shard that a connection is in.
type whichList uint8

const (
	nowhere      whichList = iota
	amongWaiting           // parked, in a handshake, or queued
	amongServed
	lists
)

// put moves c to a list, or out of them. A connection that is closed in this instant has left or will leave: it stays out.
func (sh *shard) put(c *conn, to whichList) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if c.state.load() == closed {
		to = nowhere
	}
	if c.in != nowhere {
		sh.unlink(c)
	}
	c.in = to
	if to == nowhere {
		return
	}
	l := &sh.lists[to]
	if c.next = l.first; c.next != nil {
		c.next.prev = c
	}
	l.first = c
	l.n++
}

func (sh *shard) unlink(c *conn) {
	l := &sh.lists[c.in]
	if c.prev != nil {
		c.prev.next = c.next
	} else {
		l.first = c.next
	}
	if c.next != nil {
		c.next.prev = c.prev
	}
	c.prev, c.next = nil, nil
	l.n--
}

// all returns the connections of a list that match. match runs under the lock.
func (sh *shard) all(of whichList, match func(c *conn) bool) (all []*conn) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	for c := sh.lists[of].first; c != nil; c = c.next {
		if match(c) {
			all = append(all, c)
		}
	}
	return all
}

// count returns the length of a list.
func (sh *shard) count(of whichList) int {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	return sh.lists[of].n
}

// sweep calls the sweep of each lease, and reports whether there are connections that are served.
func (sh *shard) sweep(now, lingers uint32) bool {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	for c := sh.lists[amongServed].first; c != nil; c = c.next {
		c.mu.Lock()
		if c.lease != nil {
			c.lease.sweep(now, lingers)
		}
		c.mu.Unlock()
	}
	return sh.lists[amongServed].n > 0
}
