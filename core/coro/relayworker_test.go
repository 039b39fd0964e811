package coro_test

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
)

// A relayWorker is a worker whose coroutines hand it on to each other. Tasks move between workers with the same
// readyTasks.
type relayWorker struct {
	*worker
	ready   *readyTasks
	spawned []*task.Task
	next    *task.Task // Next has returned it, or Continue has ended its poll
	polled  *task.Task // whose poll has begun last
	left    int        // polls that coroutines may still begin in this round
	unwoken task.WakerSet

	runs      int // polls that the worker's goroutine has begun
	handed    int // polls that a coroutine has begun
	continued int // those of them of the body that had suspended
}

var _ coro.Relay = (*relayWorker)(nil)

// relayRound is how many polls coroutines begin in a round: a prime number, so that rounds end at each task in turn.
const relayRound = 61

// A readyTasks is the queue of one worker, or of several.
type readyTasks struct {
	home  task.Home
	mu    sync.Mutex
	queue task.Queue
	live  atomic.Int64
	ids   atomic.Uint64
}

func newReadyTasks() *readyTasks {
	q := &readyTasks{}
	q.home.Scheduler = q
	return q
}

func (q *readyTasks) Schedule(t *task.Task) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.queue.Push(t)
}

func (q *readyTasks) pop() *task.Task {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.queue.Pop()
}

// newRelayWorker returns a worker with a queue of its own.
func newRelayWorker(t testing.TB, opts coro.PoolOptions) *relayWorker {
	return newRelayWorkerOn(t, newReadyTasks(), opts)
}

func newRelayWorkerOn(t testing.TB, ready *readyTasks, opts coro.PoolOptions) *relayWorker {
	w := &relayWorker{worker: newWorker(t, nil), ready: ready}
	opts.Relay = w
	w.pool = coro.NewPoolWith(opts)
	w.cx = core.NewContext(w)
	return w
}

func (w *relayWorker) Schedule(t *task.Task) { w.ready.Schedule(t) }

func (w *relayWorker) Spawn(r core.Task) error {
	t := r.(*task.Task)
	t.ForHost().Bind(&w.ready.home, w.ready.ids.Add(1))
	w.ready.live.Add(1)
	w.spawned = append(w.spawned, t)
	w.ready.Schedule(t)
	return nil
}

// step lets the worker's goroutine poll the next task, if there is one, and then the coroutines poll others.
func (w *relayWorker) step() bool {
	t := w.next
	w.next = nil
	if t == nil {
		t = w.ready.pop()
	}
	if t == nil {
		return false
	}
	w.runs++
	w.left = relayRound
	w.polled = t
	outcome := t.ForHost().Run(w.cx)
	joiners := w.unwoken.TakeAll()
	joiners.WakeLater(w)
	switch outcome {
	case core.Again:
		w.ready.Schedule(w.polled)
	case core.Done:
		w.ready.live.Add(-1)
	}
	return true
}

func (w *relayWorker) run() {
	for w.step() {
	}
}

// Next implements coro.Relay.
func (w *relayWorker) Next() *task.Task {
	if w.left == 0 {
		return nil
	}
	if w.next == nil {
		w.next = w.ready.pop()
	}
	return w.next
}

// Pass implements coro.Relay.
func (w *relayWorker) Pass(cx *core.Context, suspended, next *task.Task) (ended, begun bool) {
	outcome, ended := suspended.ForHost().End(cx)
	if !ended {
		return false, false
	}
	if outcome == core.Again {
		w.ready.Schedule(suspended)
	}
	return true, w.Begin(cx, next)
}

// Continue implements coro.Relay.
func (w *relayWorker) Continue(cx *core.Context, t *task.Task) (ended, begun bool) {
	if w.next != nil || w.left == 0 {
		return false, false
	}
	if _, ended := t.ForHost().End(cx); !ended {
		return false, false
	}
	w.next = t
	begun = w.Begin(cx, t)
	if begun {
		w.continued++
	}
	return true, begun
}

// Begin implements coro.Relay.
func (w *relayWorker) Begin(cx *core.Context, next *task.Task) bool {
	if !next.ForHost().Begin(cx) {
		return false
	}
	w.next, w.polled = nil, next
	w.left--
	w.handed++
	return true
}

// End implements coro.Relay.
func (w *relayWorker) End(t *task.Task, end task.Poll) bool {
	joiners := t.ForHost().EndBody(end)
	w.ready.live.Add(-1)
	if joiners.Empty() {
		return true
	}
	w.unwoken = joiners
	return false
}
