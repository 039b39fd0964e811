package netfd

import (
	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
	"github.com/moduvex/moduvex-go/reactor"
)

// maxPassedOver bounds how many lost connections one TryAccept takes out of the backlog, since the peers may add more
// at the same time.
const maxPassedOver = 128

// TryAccept is Accept, once, on any goroutine. The connection is not registered. TryAccept makes no pause: while there
// are no descriptors or no memory, it returns the error of the system.
func (a *Acceptor) TryAccept() (c Accepted, ok bool, err error) {
	const d = reactor.Read
	a.using.RLock()
	defer a.using.RUnlock()
	ev, err := a.BeginOnce(d)
	if err != nil {
		return c, true, err
	}
	blocked := false
	defer func() { a.EndOnce(ev, d, blocked) }()
	if c, ok := a.backoff.takeKept(draining); ok { // also in a pause, which ends when there is room for a registration
		return c, true, nil
	}
	for range maxPassedOver {
		fd, from, errno := sys.Accept(a.Sysfd())
		switch {
		case errno == 0:
			return Accepted{fd, from}, true, nil
		case errno == sys.EAGAIN:
			blocked = true
			return c, false, nil
		case !sys.AcceptAgain(errno):
			return c, true, a.callError(d, "accept", errno)
		}
	}
	return c, false, nil
}
