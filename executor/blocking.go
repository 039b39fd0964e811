package executor

import (
	"container/list"
	"context"
	"runtime/pprof"
	"sync"
	"sync/atomic"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// blockingPool runs functions that block on goroutines of their own: at most limit at a time, the
// rest queue. A goroutine that finds nothing to do waits keepAlive for more and then ends.
type blockingPool struct {
	limit     int
	keepAlive time.Duration

	mu      sync.Mutex
	queue   list.List           // of *blockingJob that have not begun
	idle    []chan *blockingJob // one for each waiting goroutine, the last to wait at the end
	threads int
	running int
	ended   uint64 // functions that have run
	closed  bool
	gone    chan struct{} // closed when closed and no goroutine is left

	labels context.Context // of its goroutines, for profiles

	wait histogram // how long functions waited for a goroutine; written by those
}

// A blockingJob is one function on its way through the pool.
type blockingJob struct {
	run      func()
	since    time.Time     // when it was submitted
	place    *list.Element // in the queue; nil if it is not there. Under the pool's mu
	canceled atomic.Bool   // nobody wants the result: do not start
}

func newBlockingPool(opts Options) *blockingPool {
	return &blockingPool{
		limit:     opts.BlockingThreads,
		keepAlive: opts.BlockingKeepAlive,
		gone:      make(chan struct{}),
		labels:    labels(opts.Name + "/blocking"),
	}
}

// submit takes j over, or returns core.ErrShutdown.
func (p *blockingPool) submit(j *blockingJob) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch last := len(p.idle) - 1; {
	case p.closed:
		return core.ErrShutdown
	case last >= 0:
		p.idle[last] <- j // has room for one, and is in idle only while it is empty
		p.idle = p.idle[:last]
	case p.threads < p.limit:
		p.threads++
		go p.thread(j)
	default:
		j.place = p.queue.PushBack(j)
	}
	return nil
}

// forget takes back a job that nobody wants any more. If it has begun it runs on.
func (p *blockingPool) forget(j *blockingJob) {
	j.canceled.Store(true)
	p.mu.Lock()
	defer p.mu.Unlock()
	if j.place != nil {
		p.queue.Remove(j.place)
		j.place = nil
	}
}

// first takes the job at the front of the queue, or returns nil. Under p.mu.
func (p *blockingPool) first() *blockingJob {
	e := p.queue.Front()
	if e == nil {
		return nil
	}
	j := p.queue.Remove(e).(*blockingJob)
	j.place = nil
	return j
}

// thread is a goroutine of the pool.
func (p *blockingPool) thread(j *blockingJob) {
	defer p.threadGone()
	feed := make(chan *blockingJob, 1)
	for j != nil {
		p.work(j)
		j = p.next(feed)
	}
}

func (p *blockingPool) work(j *blockingJob) {
	p.began() // before the look: a job that has begun is always counted
	defer p.done()
	if !j.canceled.Load() {
		pprof.SetGoroutineLabels(p.labels) // not those of the task that started the goroutine, or of the last function
		p.wait.add(time.Since(j.since))
		j.run()
	}
}

func (p *blockingPool) began() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.running++
}

func (p *blockingPool) done() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.running--
	p.ended++
}

// next returns the next job, or nil if the goroutine is to end.
func (p *blockingPool) next(feed chan *blockingJob) *blockingJob {
	p.mu.Lock()
	if j := p.first(); j != nil {
		p.mu.Unlock()
		return j
	}
	if p.closed {
		p.mu.Unlock()
		return nil
	}
	p.idle = append(p.idle, feed)
	p.mu.Unlock()

	timer := time.NewTimer(p.keepAlive)
	defer timer.Stop()
	select {
	case j := <-feed: // nil from close
		return j
	case <-timer.C:
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, c := range p.idle {
		if c == feed {
			p.idle = append(p.idle[:i], p.idle[i+1:]...)
			return nil
		}
	}
	return <-feed // taken out of idle meanwhile: the job is in the channel
}

// threadGone also runs when a function called runtime.Goexit.
func (p *blockingPool) threadGone() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.threads--
	if j := p.first(); j != nil { // only after a Goexit: somebody has to take over
		p.threads++
		go p.thread(j)
		return
	}
	if p.closed && p.threads == 0 {
		close(p.gone)
	}
}

// close refuses further jobs, drops those that have not begun, and returns a channel that is
// closed when those that have are done.
func (p *blockingPool) close() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return p.gone
	}
	p.closed = true
	for p.first() != nil {
	}
	for _, feed := range p.idle {
		feed <- nil
	}
	p.idle = nil
	if p.threads == 0 {
		close(p.gone)
	}
	return p.gone
}

// load returns how many functions run.
func (p *blockingPool) load() (running int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.running
}

func (p *blockingPool) stats(s *Stats) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s.BlockingQueued, s.BlockingRunning = p.queue.Len(), p.running
	s.BlockingThreads, s.BlockingFinished = p.threads, p.ended
}

// Blocking runs f on the blocking pool and suspends the body of co until it has returned. If co
// is cancelled first, Blocking returns why: f is not started if it has not begun, and otherwise
// runs on, and what it returns is lost; if that has to be closed, use [BlockingOwned]. A panic of f
// panics in the body, with the *task.PanicError that holds its stack.
func Blocking[T any](co *coro.Co, f func() (T, error)) (T, error) {
	if f == nil {
		panic("executor: Blocking with a nil function")
	}
	b := &blocking[T]{f: f}
	r, err := coro.Await[core.Result[T]](co, b)
	if err != nil {
		return r.Value, err
	}
	return r.Value, r.Err
}

// SpawnBlocking runs f on the blocking pool of the runtime and returns a handle to its output.
// Aborting it forgets f if it has not begun; once it runs, nothing can stop it, and what it returns is lost.
func SpawnBlocking[T any](rt *Runtime, f func() (T, error)) joinhandle.JoinHandle[T] {
	if f == nil {
		panic("executor: SpawnBlocking with a nil function")
	}
	return Go(rt, func(co *coro.Co) (T, error) { return Blocking(co, f) })
}

// blocking is the future of a function on the pool.
//
//	new → submitted ─→ done
//	          └─────→ abandoned
//
// The pool's goroutine writes the output and makes it done; the task reads it after that. A task that gives up
// makes it abandoned. The loser of the two reports a panic of f: the pool, or the task that drops a done one.
type blocking[T any] struct {
	f        func() (T, error)
	rt       *Runtime
	job      *blockingJob
	task     TaskInfo
	result   core.Result[T]
	panicked *task.PanicError // nil once the task has taken it
	state    atomic.Uint32
}

const (
	submitted uint32 = iota
	done
	abandoned
)

func (b *blocking[T]) Poll(cx *core.Context) (core.Result[T], bool) {
	if b.job == nil {
		w, ok := cx.Worker().(*worker)
		if !ok {
			panic("executor: Blocking outside a runtime of this package")
		}
		b.rt = w.rt
		if t, ok := cx.ForHost().Task().(*task.Task); ok {
			b.task = infoOf(t)
		}
		waker := cx.Waker() // for good: only coro.Await polls b
		b.job = &blockingJob{run: func() { b.call(waker) }, since: time.Now()}
		if err := w.rt.blocking.submit(b.job); err != nil {
			return core.Result[T]{Err: err}, true
		}
		cx.Waits(core.WaitBlocking)
		return core.Result[T]{}, false
	}
	if b.state.Load() != done { // a spurious wake; the waker has not changed
		cx.Waits(core.WaitBlocking)
		return core.Result[T]{}, false
	}
	if p := b.panicked; p != nil {
		b.panicked = nil
		panic(p)
	}
	return b.result, true
}

// Drop forgets the function if it has not begun.
func (b *blocking[T]) Drop() {
	if b.job == nil {
		return
	}
	if b.state.CompareAndSwap(submitted, abandoned) {
		b.rt.blocking.forget(b.job)
	} else {
		b.reportPanic()
	}
}

// call runs on the pool.
func (b *blocking[T]) call(waker core.Waker) {
	returned := false
	defer func() {
		v := recover()
		if !returned {
			if b.panicked = task.Recovered(v); b.panicked == nil {
				b.result.Err = core.ErrGoexit
			}
		}
		if b.state.CompareAndSwap(submitted, done) {
			waker.Wake()
		} else {
			b.reportPanic()
		}
	}()
	b.result.Value, b.result.Err = b.f()
	returned = true
}

// reportPanic reports a panic of f that the task does not get.
func (b *blocking[T]) reportPanic() {
	if b.panicked != nil {
		b.rt.stray("executor: a function on the blocking pool panicked, and its task was gone", b.task, b.panicked)
	}
}
