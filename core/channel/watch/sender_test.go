package watch_test

import "github.com/moduvex/moduvex-go/core/channel/watch"

// sender is for tests whose receivers all subscribe: it closes the receiver that New returns.
func sender[T any](tx *watch.Sender[T], rx *watch.Receiver[T]) *watch.Sender[T] {
	rx.Close()
	return tx
}
