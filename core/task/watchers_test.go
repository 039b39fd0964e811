package task_test

import (
	"runtime"
	"testing"
	"weak"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/task"
)

// A part is a waker of something that may be over before the task it waits for is.
type part struct {
	over bool
	_    [64]byte
}

func (*part) Wake()            {}
func (p *part) Finished() bool { return p.over }

var _ core.FinishedWaker = (*part)(nil)

// TestATaskLetsGoOfWatchersThatAreOver: one that goes on for long is joined by many that do not.
func TestATaskLetsGoOfWatchersThatAreOver(t *testing.T) {
	s := task.New(future.Pending[int]())
	live := &part{}
	s.Watch(live)
	const n = 1000
	var all []weak.Pointer[part]
	for range n {
		p := &part{}
		all = append(all, weak.Make(p))
		s.Watch(p)
		p.over = true
	}
	runtime.GC()
	kept := 0
	for _, p := range all {
		if p.Value() != nil {
			kept++
		}
	}
	if kept > n/10 {
		t.Errorf("%d of %d are kept", kept, n)
	}
	runtime.KeepAlive(s)
}
