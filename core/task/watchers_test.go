package task_test

import (
	"runtime"
	"testing"
	"weak"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/task"
)

// A part is a waker that may be over before the task that it watches.
type part struct {
	over bool
	_    [64]byte
}

func (*part) Wake()            {}
func (p *part) Finished() bool { return p.over }

var _ core.FinishedWaker = (*part)(nil)

// TestATaskDiscardsWatchersThatAreOver: a long task is watched by many short ones.
func TestATaskDiscardsWatchersThatAreOver(t *testing.T) {
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

// A meddler is a waker whose Finished is called while another goroutine writes the join slot, and does
// something meanwhile.
type meddler struct {
	do    func()
	wakes int
}

func (m *meddler) Wake() { m.wakes++ }

func (m *meddler) Finished() bool {
	if do := m.do; do != nil {
		m.do = nil
		do()
	}
	return false
}

// TestATaskThatEndsWhileItsJoinSlotIsWritten: finishing finds the slot claimed and wakes no joiner. The writer
// finds the task finished and wakes all others, once; it learns of the end by the result of Watch.
func TestATaskThatEndsWhileItsJoinSlotIsWritten(t *testing.T) {
	for name, write := range map[string]func(s *task.Slot[int], m *meddler, end func()) (told bool){
		"watch of a new one": func(s *task.Slot[int], m *meddler, end func()) bool {
			m.do = end
			for !s.Finished() { // until the list is full, and Finished of its wakers is called
				if w := new(meddler); !s.Watch(w) {
					return w.wakes == 0
				}
			}
			return false
		},
		"shared watch": func(s *task.Slot[int], _ *meddler, end func()) bool {
			made := new(flag)
			_, ok := task.WatchShared(&s.Task, func() *flag { end(); return made })
			return !ok && !made.up
		},
		"second shared watch": func(s *task.Slot[int], _ *meddler, end func()) bool {
			first, ok := task.WatchShared(&s.Task, func() *flag { return new(flag) })
			s.Claim()
			end()
			s.UnwatchClaimed(new(flag)) // another one
			return ok && first.up
		},
		"unwatch": func(s *task.Slot[int], _ *meddler, end func()) bool {
			w := new(meddler)
			s.Watch(w)
			s.Claim()
			end()
			s.UnwatchClaimed(w)
			return w.wakes == 0
		},
	} {
		h := newHost(t)
		s := task.New(future.Ready(1))
		h.Spawn(&s.Task)
		first, second := new(meddler), new(meddler)
		s.Watch(first)
		s.Watch(second)
		if told := write(s, first, h.Run); !told {
			t.Errorf("%s: the writer was not told", name)
		}
		if first.wakes != 1 || second.wakes != 1 {
			t.Errorf("%s: woken %d and %d times, want once each", name, first.wakes, second.wakes)
		}
		if s.Watch(new(meddler)) {
			t.Errorf("%s: it can be watched after its end", name)
		}
	}
}
