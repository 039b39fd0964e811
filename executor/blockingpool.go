package executor

import (
	"container/list"
	"context"
	"runtime/pprof"
	"sync"
	"sync/atomic"
	"time"

	"github.com/moduvex/moduvex-go/core"
)

// A blockingPool runs functions that block on goroutines of its own: at most limit at a time, the
// rest queue. A goroutine that finds no function waits keepAlive for one and then ends.
type blockingPool struct {
	limit     int
	keepAlive time.Duration

	mu      sync.Mutex
	queue   list.List           // of *blockingJob that have not begun
	idle    []chan *blockingJob // one for each waiting goroutine; the one that began to wait last is at the end
	threads int
	running int
	ended   uint64 // functions that have run
	closed  bool
	gone    chan struct{} // closed when closed and no goroutine is left

	labels context.Context // of its goroutines, for profiles

	wait histogram // how long functions waited for a goroutine; its goroutines write it
}

// A blockingJob is one function on its way through the pool.
type blockingJob struct {
	run      func()
	profiled string        // the name of its task under Options.Profile, else ""
	since    time.Time     // when it was submitted
	element  *list.Element // of the queue; nil if the job is not in it. Under the pool's mu
	canceled atomic.Bool   // no task wants the result: do not start
}

func newBlockingPool(opts Options) *blockingPool {
	return &blockingPool{
		limit:     opts.BlockingThreads,
		keepAlive: opts.BlockingKeepAlive,
		gone:      make(chan struct{}),
		labels:    labels(opts.Name + "/blocking"),
	}
}

// submit takes j over, or returns core.ErrShutdown once the pool is closed.
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
		j.element = p.queue.PushBack(j)
	}
	return nil
}

// cancel takes back a job whose result no task wants any more. If it has begun it runs on.
func (p *blockingPool) cancel(j *blockingJob) {
	j.canceled.Store(true)
	p.mu.Lock()
	defer p.mu.Unlock()
	if j.element != nil {
		p.queue.Remove(j.element)
		j.element = nil
	}
}

// popFirst removes the job at the front of the queue and returns it, or returns nil. Under p.mu.
func (p *blockingPool) popFirst() *blockingJob {
	e := p.queue.Front()
	if e == nil {
		return nil
	}
	j := p.queue.Remove(e).(*blockingJob)
	j.element = nil
	return j
}

// thread is the main function of a goroutine of the pool.
func (p *blockingPool) thread(j *blockingJob) {
	defer p.threadGone()
	feed := make(chan *blockingJob, 1)
	for j != nil {
		p.work(j)
		j = p.next(feed)
	}
}

func (p *blockingPool) work(j *blockingJob) {
	p.began() // before canceled is read: a job that has begun is always counted
	defer p.done()
	if !j.canceled.Load() {
		pprof.SetGoroutineLabels(p.labels)       // not those of the task that started the goroutine
		defer pprof.SetGoroutineLabels(p.labels) // while it is idle
		p.wait.add(time.Since(j.since))
		if j.profiled != "" {
			defer profileFunction(p.labels, j.profiled)()
		}
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
	if j := p.popFirst(); j != nil {
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
	return <-feed // submit has removed feed from idle meanwhile: the job is in the channel
}

// threadGone runs at the end of a goroutine, also when a function has called runtime.Goexit.
func (p *blockingPool) threadGone() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.threads--
	if j := p.popFirst(); j != nil { // only after a Goexit: another goroutine has to take over
		p.threads++
		go p.thread(j)
		return
	}
	if p.closed && p.threads == 0 {
		close(p.gone)
	}
}

// close refuses further jobs, discards those that have not begun, and returns a channel that is
// closed when the others are done. A second call returns the same channel.
func (p *blockingPool) close() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return p.gone
	}
	p.closed = true
	for p.popFirst() != nil {
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
