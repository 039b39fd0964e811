package nethttp

import "slices"

// A Place is a step in the life of a connection before which a test may act.
type Place = place

// The places.
const (
	LeaseEnds   = leaseEnds
	LeaseCloses = leaseCloses
	ParkedAgain = parkedAgain
)

// At has s call f at places.
func (s *Server) At(f func(p Place)) { s.at = f }

// Slots returns how many slots of MaxConns are taken. An accept that waits has one.
func (s *Server) Slots() int { return len(s.limits.slots) }

// Addrs returns how many addresses MaxConnsPerAddr has counts for.
func (s *Server) Addrs() int {
	s.limits.mu.Lock()
	defer s.limits.mu.Unlock()
	return len(s.limits.byAddr)
}

// NewHeader returns the function that says whether net/http can answer all bytes so far.
func NewHeader() func(b []byte) bool { return new(header).complete }

// Newlines is newlines.
func Newlines(b []byte) int { return newlines(b) }

// Sweeps returns how many sweeps there have been.
func (s *Server) Sweeps() uint32 { return s.sweeps.Load() }

// HoldSweeps has s make no sweeps. The connections do not have one yet.
func (s *Server) HoldSweeps() { s.sweeping.Store(true) }

// States are the names of the states, in order.
var States = stateNames[:]

// Move makes a transition of a word in the state at, and returns its state after that.
func Move(at, from, to int) (after int, ok bool) {
	var w stateWord
	w.word.Store(uint32(at))
	ok = w.move(state(from), state(to))
	return int(w.load()), ok
}

// A Shard is a shard and connections for it.
type Shard struct {
	sh    shard
	conns []*conn
}

// NewShard returns a Shard with n connections, which are in no list.
func NewShard(n int) *Shard {
	b := &Shard{conns: make([]*conn, n)}
	for i := range b.conns {
		b.conns[i] = new(conn)
	}
	return b
}

// Put moves a connection to a list; 0 is none.
func (b *Shard) Put(i, list int) { b.sh.put(b.conns[i], whichList(list)) }

// Close moves a connection to the state closed.
func (b *Shard) Close(i int) { b.conns[i].state.word.Store(uint32(closed)) }

// In returns which connections are in a list, the latest first, and the length of the list.
func (b *Shard) In(list int) (members []int, n int) {
	for _, c := range b.sh.all(whichList(list), func(*conn) bool { return true }) {
		members = append(members, slices.Index(b.conns, c))
	}
	return members, b.sh.count(whichList(list))
}

// Spread returns how many connections each worker waits with.
func (s *Server) Spread() (n []int) {
	for i := range s.shards {
		n = append(n, s.shards[i].count(amongWaiting))
	}
	return n
}
