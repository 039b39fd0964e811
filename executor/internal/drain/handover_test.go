package drain_test

import (
	"runtime"
	"testing"

	"github.com/moduvex/moduvex-go/executor/internal/drain"
)

// A future that embeds a Hook is polled with another waker, by a task that it was handed to, in the instant in which
// the drain begins: Begin must be through with the old one as soon as the hook does not watch any more.
// The race detector says whether it is.
func TestAHookGetsAnotherWakerWhileItIsWoken(t *testing.T) {
	for range 100 {
		g := drain.NewGroup(1)
		var old, other counter
		h := drain.Hook{Waker: &old}
		h.Watch(host{g: g})
		begun := make(chan struct{})
		go func() {
			g.Begin()
			close(begun)
		}()
		for h.Watching() {
			runtime.Gosched()
		}
		h.Stop()
		h.Waker = &other
		<-begun
		old.is(t, 1)
		other.is(t, 0)
	}
}
