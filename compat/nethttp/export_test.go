package nethttp

import "slices"

// A Place is one in the life of a connection where a test may act.
type Place = place

// The places.
const (
	StayEnds   = stayEnds
	StayCloses = stayCloses
	InGate     = inGate
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

// Blanks is blanks.
func Blanks(b []byte) int { return blanks(b) }

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

// Books are a shard and connections for it.
type Books struct {
	sh    shard
	conns []*conn
}

// NewBooks returns books with n connections, which are in no list.
func NewBooks(n int) *Books {
	b := &Books{conns: make([]*conn, n)}
	for i := range b.conns {
		b.conns[i] = new(conn)
	}
	return b
}

// Put moves a connection to a list; 0 is none.
func (b *Books) Put(i, list int) { b.sh.put(b.conns[i], whichList(list)) }

// Close moves a connection to the state closed.
func (b *Books) Close(i int) { b.conns[i].state.word.Store(uint32(closed)) }

// In returns which connections are in a list, the latest first, and the length of the list.
func (b *Books) In(list int) (members []int, n int) {
	for _, c := range b.sh.all(whichList(list), func(*conn) bool { return true }) {
		members = append(members, slices.Index(b.conns, c))
	}
	return members, b.sh.count(whichList(list))
}
