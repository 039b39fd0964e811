package stream

import (
	"errors"
	"net"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
)

// CopyBidirectional copies from a to b and from b to a at the same time, as [Copy] does, until both have ended. When
// one ends, CopyBidirectional calls CloseWrite of the other, so that its peer sees the end, and the other direction
// goes on. The first error, or a cancellation of co, ends both directions. It returns how many bytes it has written
// to each. It closes neither a nor b: the caller does.
func CopyBidirectional(co *coro.Co, a, b Duplex) (toA, toB int64, err error) {
	err = coro.WithGroup(co, coro.GroupOptions{}, func(co *coro.Co, g *coro.Group) error {
		forth := func(co *coro.Co) (err error) {
			toB, err = copyHalf(co, b, a)
			return err
		}
		if err := g.Do(co, forth); err != nil {
			return err
		}
		var err error
		toA, err = copyHalf(co, a, b)
		return err
	})
	return toA, toB, err
}

func copyHalf(co *coro.Co, dst, src Duplex) (int64, error) {
	n, err := Copy(co, dst, src)
	if err != nil {
		return n, err
	}
	err = dst.CloseWrite()
	if errors.Is(err, sys.ENOTCONN) && !errors.Is(err, net.ErrClosed) {
		err = nil // the peer has closed the whole connection already: there is no peer to notify
	}
	return n, err
}
