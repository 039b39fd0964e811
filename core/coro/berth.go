package coro

// A berth is a coro of Go's runtime, by way of iter.Pull: one goroutine is parked in it at any time. A goroutine that
// switches to it parks there instead, and resumes that goroutine. iter.Pull gives the two sides of a coro different
// functions, which have to be called in turn, the first one first; it does not matter which goroutine calls them.
type berth struct {
	next   func() (struct{}, bool)
	yield  func(struct{}) bool
	owner  *coroutine // whose goroutine began in it, and ends in it
	nexted bool       // next was called last, so yield is due
}

// A party is a goroutine that holds a worker from time to time, and is parked in a berth meanwhile.
//
// at is a copy of the berth, and not a pointer to it: a switch to a party that has been parked for long reads the memory
// of that party only.
type party struct{ at berth }

// take puts p into the berth of q, which is to be resumed. The caller then calls next if nexted is set, and yield if not.
func (p *party) take(q *party) {
	p.at = q.at
	p.at.nexted = !p.at.nexted
}

// swap parks the caller, whose party has just taken b, and resumes the goroutine that was parked there.
func (b *berth) swap() {
	if b.nexted {
		b.next()
	} else {
		b.yield(struct{}{})
	}
}

// pass parks p, the party of the caller, and resumes q. It returns when p has been resumed.
func (p *party) pass(q *party) {
	p.take(q)
	p.at.swap()
}
