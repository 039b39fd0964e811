package tcp

import (
	"net/netip"
	"reflect"
	"sync/atomic"
	"unsafe"

	"github.com/moduvex/moduvex-go/executor/net/internal/netfd"
	"github.com/moduvex/moduvex-go/executor/net/internal/resolve"
	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
	"github.com/moduvex/moduvex-go/reactor"
)

// Waiters takes out whoever waits for direction d and returns how many they were.
func (s *Stream) Waiters(d reactor.Direction) int { return waiters(&s.fd, d) }

// Waiters takes out whoever waits to accept and returns how many they were.
func (l *Listener) Waiters() int { return waiters(&l.fd.FD, reactor.Read) }

func waiters(fd *netfd.FD, d reactor.Direction) int {
	reg := registration(fd)
	if reg == nil {
		return 0
	}
	return len(reg.TakeWaiters(d, nil))
}

// Registered reports whether s is registered with a reactor.
func (s *Stream) Registered() bool { return registration(&s.fd) != nil }

// registration looks into the other package's struct.
func registration(fd *netfd.FD) *reactor.Registration {
	field := reflect.ValueOf(fd).Elem().FieldByName("reg")
	return (*atomic.Pointer[reactor.Registration])(unsafe.Pointer(field.UnsafeAddr())).Load()
}

// Backoff returns the state of l's backoff.
func (l *Listener) Backoff() string { return l.fd.Backoff() }

// Spreads says that groups of this system need not hand over.
const Spreads = sys.ReusePortSpreads

// StreamSize is the memory of a Stream without its registration.
const StreamSize = unsafe.Sizeof(Stream{})

// Alternate is how the addresses of a name are ordered.
func Alternate(ips []netip.Addr) []netip.Addr { return resolve.Alternate(ips) }
