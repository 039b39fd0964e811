package tcp

import (
	"net/netip"
	"unsafe"

	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/internal/resolve"
	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
	"github.com/moduvex/moduvex-go/reactor"
)

// TakeWaiters takes out the waiters for direction d and returns how many they were.
func (s *Stream) TakeWaiters(d reactor.Direction) int { return nettest.TakeWaiters(&s.fd, d) }

// TakeWaiters takes out the waiters for an accept and returns how many they were.
func (l *Listener) TakeWaiters() int { return nettest.TakeWaiters(&l.fd.FD, reactor.Read) }

// WakeWaiters wakes the waiters, which then wait again, and returns how many they were.
func (s *Stream) WakeWaiters(d reactor.Direction) int { return nettest.WakeWaiters(&s.fd, d) }
func (l *Listener) WakeWaiters(d reactor.Direction) int {
	return nettest.WakeWaiters(&l.fd.FD, d)
}

// HasWaiters reports whether there are any.
func (s *Stream) HasWaiters(d reactor.Direction) bool { return nettest.HasWaiters(&s.fd, d) }
func (l *Listener) HasWaiters(d reactor.Direction) bool {
	return nettest.HasWaiters(&l.fd.FD, d)
}

// Registered reports whether s is registered with a reactor.
func (s *Stream) Registered() bool { return s.fd.Registration() != nil }

// Backoff returns the state of l's backoff.
func (l *Listener) Backoff() string { return l.fd.Backoff() }

// Spreads says that groups of this system need not hand over.
const Spreads = sys.ReusePortSpreads

// ReportsListening says that the system tells a socket that listens from one that is not connected.
const ReportsListening = sys.ReportsListening

// StreamSize is the memory of a Stream without its registration.
const StreamSize = unsafe.Sizeof(Stream{})

// Alternate is how the addresses of a name are ordered.
func Alternate(ips []netip.Addr) []netip.Addr { return resolve.Alternate(ips) }
