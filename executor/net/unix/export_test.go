package unix

import (
	"reflect"
	"sync/atomic"
	"unsafe"

	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
	"github.com/moduvex/moduvex-go/reactor"
)

// MaxTransfer is what one call moves at most.
const MaxTransfer = sys.MaxTransfer

// Waiters takes out whoever waits for direction d and returns how many they were.
func (s *socket) Waiters(d reactor.Direction) int {
	field := reflect.ValueOf(&s.fd).Elem().FieldByName("reg")
	reg := (*atomic.Pointer[reactor.Registration])(unsafe.Pointer(field.UnsafeAddr())).Load()
	if reg == nil {
		return 0
	}
	return len(reg.TakeWaiters(d, nil))
}

// WantUnlink is what is left of a SetUnlinkOnClose that comes between the two steps of a Close.
func (l *listener) WantUnlink() { l.unlink.Store(true) }

// Jams returns how many receivers have no room, and Line how many sends to one of them wait.
func (s *Datagram) Jams() int          { return s.jams.Len() }
func (s *Datagram) Line(to string) int { return s.jams.Line(to) }
