package udp

import (
	"unsafe"

	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
	"github.com/moduvex/moduvex-go/reactor"
)

// SocketSize is the memory of a Socket without its registration.
const SocketSize = unsafe.Sizeof(Socket{})

// MaxBatch is how many datagrams a batch has at most.
const MaxBatch = sys.MaxBatch

// TakeWaiters takes out the waiters for direction d and returns how many they were.
func (s *Socket) TakeWaiters(d reactor.Direction) int { return nettest.TakeWaiters(&s.fd, d) }
