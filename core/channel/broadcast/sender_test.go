package broadcast_test

import "github.com/moduvex/moduvex-go/core/channel/broadcast"

// sender is for tests whose receivers all subscribe: it closes the receiver that New returns.
func sender[T any](tx *broadcast.Sender[T], rx *broadcast.Receiver[T]) *broadcast.Sender[T] {
	rx.Close()
	return tx
}
