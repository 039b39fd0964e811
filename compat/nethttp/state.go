package nethttp

import "sync/atomic"

// A state says which part of the server has a connection.
//
//	           ┌───────────────────────┐
//	           ↓                       │
//	accept → parked ──────→ queued → served → hijacked
//	          ↑ ↓             ↑
//	       handshaking ───────┘             each of them → closed
//
//	from         event                                        to           who acts next
//	parked       the header of a request is there             queued       the engine's Accept, or the same task
//	parked       TLS: the first bytes of a handshake came     handshaking  a goroutine, which makes the handshake
//	parked       end of the stream, timeout, Shutdown, drop   closed       the closer
//	handshaking  the client speaks HTTP/1                     parked       the connection's task
//	handshaking  the client speaks HTTP/2, or has failed      queued       the engine's Accept
//	handshaking  Shutdown                                     closed       the closer
//	queued       it is accepted                               served       a goroutine of the engine, or a serving task
//	queued       Shutdown                                     closed       the closer
//	served       the linger is over                           parked       the connection's task
//	served       the engine or the serving task closes it     closed       the closer
//	served       the handler hijacks it                       hijacked     the handler
//	hijacked     the handler, or the program, closes it       closed       the closer
//
// All other transitions are illegal. Two events may compete for one state: move returns false for the one that comes second.
// The closer calls leave.
type state uint32

const (
	parked state = iota
	handshaking
	queued
	served
	hijacked
	closed
)

var stateNames = [...]string{"parked", "handshaking", "queued", "served", "hijacked", "closed"}

func (s state) String() string { return stateNames[s] }

// A stateWord holds the state of a connection. The caller that moves it owes what the table says. The compare-and-swap orders
// what the last owner wrote before what the next one reads.
type stateWord struct{ word atomic.Uint32 }

func (w *stateWord) load() state { return state(w.word.Load()) }

// move makes a transition, and reports whether the connection was in the state from.
func (w *stateWord) move(from, to state) bool {
	return w.word.CompareAndSwap(uint32(from), uint32(to))
}
