package udp

import (
	"reflect"
	"sync/atomic"
	"unsafe"

	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
	"github.com/moduvex/moduvex-go/reactor"
)

// SocketSize is the memory of a Socket without its registration.
const SocketSize = unsafe.Sizeof(Socket{})

// MaxBatch is how many datagrams a batch has at most.
const MaxBatch = sys.MaxBatch

// Waiters takes out whoever waits for direction d and returns how many they were.
func (s *Socket) Waiters(d reactor.Direction) int {
	field := reflect.ValueOf(&s.fd).Elem().FieldByName("reg")
	reg := (*atomic.Pointer[reactor.Registration])(unsafe.Pointer(field.UnsafeAddr())).Load()
	if reg == nil {
		return 0
	}
	return len(reg.TakeWaiters(d, nil))
}
