package nethttp

import "sync/atomic"

// A state says who has a connection.
//
//	          ┌──────────────────────────────┐
//	accept → gate → queued → served ─────────┤
//	          │ ↑ ↖    ↑        │            │
//	          ↓ └─handshaking       ↓            ↓
//	                         hijacked ──→  closed
//
//	from     event                                        to        who acts next
//	gate     the header block of a request is there       queued    the engine's Accept
//	gate     TLS: the first bytes of a handshake arrived  handshaking   a goroutine, which makes the handshake
//	gate     end of the stream, time-out, Shutdown        closed    who has closed it
//	handshaking  the client speaks HTTP/1                     gate      the task
//	handshaking  the client speaks HTTP/2, or has failed      queued    the engine's Accept
//	handshaking  Shutdown                                     closed    who has closed it
//	queued   Accept                                       served    a goroutine of the engine
//	queued   Shutdown                                     closed    who has closed it
//	served   the engine detaches it                       gate      the task
//	served   the engine closes it                         closed    the engine
//	served   the handler hijacks it                       hijacked  the handler
//	hijacked the handler closes it                        closed    the handler
//
// All other transitions are refused: move returns false, and another one has come first.
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

// A stateWord holds the state of a connection. The caller that moves it owes what the table says. The
// swap orders what the last owner wrote before what the next one reads.
type stateWord struct{ word atomic.Uint32 }

func (w *stateWord) load() state { return state(w.word.Load()) }

// move makes a transition, and reports whether the connection was in the state from.
func (w *stateWord) move(from, to state) bool {
	return w.word.CompareAndSwap(uint32(from), uint32(to))
}
