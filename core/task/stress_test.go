package task_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/task"
)

// A signal is a future that completes once it has counted as many wakes as it wants. It holds no
// lock around what a poll writes for the next one: the task has to order them.
type signal struct {
	probe
	want    int
	waker   atomic.Pointer[core.Waker]
	sent    atomic.Int64 // raised before each wake
	seen    int64        // by the last poll
	history []int64      // of seen; appended without a lock
}

func newSignal(want int, last func() (int, bool)) *signal {
	s := &signal{want: want}
	s.onPoll = func(_ *probe, cx *core.Context) (int, bool) {
		if s.waker.Load() == nil {
			w := cx.Waker()
			s.waker.Store(&w)
		} else if *s.waker.Load() != cx.Waker() {
			panic("another waker than in the poll before")
		}
		s.seen = s.sent.Load()
		s.history = append(s.history, s.seen)
		if s.seen < int64(s.want) {
			return 0, false
		}
		return last()
	}
	return s
}

func (s *signal) send() {
	s.sent.Add(1)
	if w := s.waker.Load(); w != nil {
		(*w).Wake()
	}
}

// TestStressOfWakersAbortersJoinersAndRunners sets all of them on many tasks at once, with the race
// detector watching. The laws are those of the explorer.
func TestStressOfWakersAbortersJoinersAndRunners(t *testing.T) {
	rounds := 3000
	if testing.Short() {
		rounds = 500
	}
	ws := coretest.NewWorkers(2)
	var lives []*life
	for i := range rounds {
		l := newLife(t, i)
		lives = append(lives, l)
		ws.Spawn(&l.slot.Task)
		l.start()
	}
	for _, l := range lives {
		l.wg.Wait()
		if l.kind == stuck {
			l.rest(t)
		} else {
			l.joins.Wait()
		}
	}
	ws.Close()
	for _, l := range lives {
		l.joins.Wait()
		l.check(t)
	}
	if n := ws.Live(); n != 0 {
		t.Errorf("%d tasks are live, want none", n)
	}
}

// A life is one task of the stress test.
type life struct {
	kind   int
	future *signal
	slot   *task.Slot[int]
	wg     sync.WaitGroup
	joins  sync.WaitGroup
	took   atomic.Int32 // aborts that took
	got    atomic.Int32 // joins that got the output
	late   atomic.Int32 // and that came too late for it
	err    atomic.Pointer[error]
	extra  [2]counter // watchers that do not wait
	kept   [2]bool    // what Watch returned to them
}

const (
	lifeWakers = 3
	lifeJoins  = 2

	boom  = 3 // the kind that panics
	stuck = 4 // the kind that waits for one wake more than it gets
)

// lifeAborters is how many aborters the lives of each kind have.
var lifeAborters = [...]int{0, 1, 2, boom: 1, stuck: 0}

func newLife(t *testing.T, i int) *life {
	l := &life{kind: i % len(lifeAborters)}
	want := lifeWakers
	if l.kind == stuck {
		want++ // it will never see so many: it is given up at the end
	}
	l.future = newSignal(want, func() (int, bool) {
		if l.kind == boom {
			panic("boom")
		}
		return i, true
	})
	l.slot = task.New[int](l.future)
	return l
}

func (l *life) start() {
	for range lifeWakers {
		l.wg.Go(l.future.send)
	}
	for range lifeAborters[l.kind] {
		l.wg.Go(func() {
			if l.slot.Abort() {
				l.took.Add(1)
			}
		})
	}
	for i := range l.extra {
		l.wg.Go(func() { l.kept[i] = l.slot.Watch(&l.extra[i]) })
	}
	for range lifeJoins {
		l.joins.Go(l.join)
	}
}

// join is what a JoinHandle does.
func (l *life) join() {
	for {
		if _, err, done := l.slot.Take(); done {
			if err == core.ErrAlreadyJoined {
				l.late.Add(1)
				return
			}
			l.err.Store(&err)
			l.got.Add(1)
			return
		}
		woken := make(chan struct{})
		if l.slot.Watch(core.WakerFunc(func() { close(woken) })) {
			<-woken
		}
	}
}

// rest waits until the task has ended or does nothing but wait.
func (l *life) rest(t *testing.T) {
	for deadline := time.Now().Add(time.Minute); l.slot.State() != task.Idle && !l.slot.Finished(); {
		if time.Now().After(deadline) {
			t.Fatalf("a task is still %v", l.slot.State())
		}
		time.Sleep(10 * time.Microsecond)
	}
}

func (l *life) check(t *testing.T) {
	l.future.settled(t)
	if got, late := l.got.Load(), l.late.Load(); got != 1 || late != lifeJoins-1 {
		t.Errorf("%d joins got the output and %d came late, want 1 and %d", got, late, lifeJoins-1)
	}
	if n := l.took.Load(); n > 1 {
		t.Errorf("%d aborts took, want at most 1", n)
	}
	for i := range l.extra {
		n := int32(0)
		if l.kept[i] {
			n = 1
		}
		if have := l.extra[i].n.Load(); have != n {
			t.Errorf("Watch returned %t and its waker was woken %d times, want %d", l.kept[i], have, n)
		}
	}
	var pe *task.PanicError
	switch err := *l.err.Load(); {
	case err == nil:
		if !l.future.completed {
			t.Error("joined without an error, but the future has not answered")
		}
	case err == core.ErrCancelled:
		if l.took.Load() != 1 {
			t.Error("cancelled, but no abort took")
		}
	case err == core.ErrShutdown:
		if l.kind != stuck || l.took.Load() == 1 {
			t.Errorf("a task of kind %d was lost: it saw %d of %d wakes", l.kind, l.future.seen, l.future.sent.Load())
		} else if l.future.seen != l.future.sent.Load() {
			t.Errorf("the last poll saw %d of %d wakes", l.future.seen, l.future.sent.Load())
		}
	default:
		if pe, _ = err.(*task.PanicError); pe == nil || pe.Value != "boom" {
			t.Errorf("have %v", err)
		}
	}
}
