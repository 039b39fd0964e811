package task_test

import (
	"runtime"
	"testing"
	"weak"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/task"
)

// A heavy is an object that must not outlive its use.
type heavy struct{ _ [1 << 16]byte }

// holder is a future that keeps a heavy, and completes with another.
type holder struct {
	load   *heavy
	output *heavy
	end    func(*holder) (*heavy, bool)
}

func (f *holder) Poll(*core.Context) (*heavy, bool) { return f.end(f) }

// collected reports whether p is garbage.
func collected(p weak.Pointer[heavy]) bool {
	for range 10 {
		if runtime.GC(); p.Value() == nil {
			return true
		}
	}
	return false
}

// TestFutureIsReleasedTheMomentItEnds: a handle that outlives the task keeps the output only.
func TestFutureIsReleasedTheMomentItEnds(t *testing.T) {
	for name, end := range map[string]func(*holder) (*heavy, bool){
		"ready":     func(f *holder) (*heavy, bool) { return f.output, true },
		"panic":     func(*holder) (*heavy, bool) { panic("boom") },
		"cancelled": func(*holder) (*heavy, bool) { return nil, false },
	} {
		h := newHost(t)
		load, output := new(heavy), new(heavy)
		loadGone, outputGone := weak.Make(load), weak.Make(output)
		s := task.New[*heavy](&holder{load: load, output: output, end: end})
		h.Spawn(&s.Task)
		if h.Step(); name == "cancelled" {
			if collected(loadGone) {
				t.Error("the future was released while it was pending")
			}
			s.Abort()
			h.Step()
		}
		if !collected(loadGone) {
			t.Errorf("%s: the future is kept after its end", name)
		}
		if name == "ready" && collected(outputGone) {
			t.Error("the output was lost before its join")
		}
		if _, _, done := s.Take(); !done {
			t.Fatalf("%s: not finished", name)
		}
		if !collected(outputGone) {
			t.Errorf("%s: the output is kept after its join", name)
		}
		runtime.KeepAlive(s)
	}
}

// A noted is a waker whose collection a test observes.
type noted struct {
	wakes int
	_     [64]byte // too large to share a block of memory with something else
}

func (w *noted) Wake() { w.wakes++ }

// TestJoinersAreReleasedWhenTheTaskEnds: a handle that outlives the task does not keep its
// joiners.
func TestJoinersAreReleasedWhenTheTaskEnds(t *testing.T) {
	for joiners := 1; joiners <= 2; joiners++ {
		h := newHost(t)
		s := task.New[int](future.Ready(1))
		h.Spawn(&s.Task)
		var gone []weak.Pointer[noted]
		for range joiners {
			w := new(noted)
			gone = append(gone, weak.Make(w))
			if !s.Watch(w) {
				t.Fatal("the task has finished already")
			}
		}
		for _, w := range gone {
			if runtime.GC(); w.Value() == nil {
				t.Error("a waker was lost before its wake")
			}
		}
		h.Run()
		for i, w := range gone {
			for n := 0; w.Value() != nil && n < 10; n++ {
				runtime.GC()
			}
			if w.Value() != nil {
				t.Errorf("of %d joiners, number %d is kept after its wake", joiners, i)
			}
		}
		runtime.KeepAlive(s)
	}
}
