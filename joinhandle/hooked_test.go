package joinhandle_test

import (
	"errors"
	"runtime"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// A hooked is a future that runs functions of the test in its Poll and its Drop.
type hooked struct {
	onPoll func() (int, bool) // nil is pending
	onDrop func()
	polls  int
	drops  int
}

func (f *hooked) Poll(*core.Context) (int, bool) {
	f.polls++
	if f.onPoll == nil {
		return 0, false
	}
	return f.onPoll()
}

func (f *hooked) Drop() {
	f.drops++
	if f.onDrop != nil {
		f.onDrop()
	}
}

// wantCancelled fails the test unless err is that of a cancelled task.
func wantCancelled(t testing.TB, err error) {
	t.Helper()
	var je *joinhandle.JoinError
	if !errors.As(err, &je) || !je.Cancelled() || je.Panicked() || !errors.Is(err, core.ErrCancelled) {
		t.Errorf("have %v (%T), want a JoinError of a cancelled task", err, err)
	}
}

// isOpen reports whether ch is not closed.
func isOpen(ch <-chan struct{}) bool {
	select {
	case <-ch:
		return false
	default:
		return true
	}
}

// growth returns how many objects more the heap holds after f.
func growth(f func()) int {
	before := liveObjects()
	f()
	return liveObjects() - before
}

func liveObjects() int {
	var m runtime.MemStats
	runtime.GC() // finishes the sweep of the cycle before
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int(m.HeapObjects)
}
