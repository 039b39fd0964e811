package unix

import (
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
	"github.com/moduvex/moduvex-go/reactor"
)

// MaxTransfer is what one call moves at most.
const MaxTransfer = sys.MaxTransfer

// TakeWaiters takes out the waiters for direction d and returns how many they were.
func (s *socket) TakeWaiters(d reactor.Direction) int { return nettest.TakeWaiters(&s.fd, d) }

// WantUnlink is what is left of a SetUnlinkOnClose that comes between the two steps of a Close.
func (l *listener) WantUnlink() { l.unlink.Store(true) }

// SendQueues returns how many receivers have no room, and Queued how many sends to one of them wait.
func (s *Datagram) SendQueues() int      { return s.queues.Len() }
func (s *Datagram) Queued(to string) int { return s.queues.Queued(to) }
