package coro

import (
	"errors"
	"iter"
	"reflect"
	"runtime"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/core/timer/wheel"
)

// A coroutine is a goroutine that runs bodies one after the other, each as far as its worker
// resumes it.
//
//	new → (resume → running → suspended)* → ended → idle in the pool → resume → ...
//	                                             \→ stopped
type coroutine struct {
	next         func() (struct{}, bool)
	yield        func(struct{}) bool
	begin        func()       // PoolOptions.Begin of the pool that it comes from
	job          job          // nil while idle
	timer        *wheel.Entry // for Sleep; made by the first one
	uses         uint32       // of its bodies' Cos
	look         uint32       // uses whose number has none of these bits are checked
	id           []byte       // number of its goroutine, if all uses are checked
	iterator     []byte       // that of the last one that was found to be an iterator of the body
	threadLocked bool         // as in the pool it was made for
	broken       bool         // its goroutine is inside Goexit and can only be stopped
	gone         bool         // its goroutine has ended before it was disposed of
	stopping     bool         // park does not return to a body any more
	serving      bool         // the body has not returned
}

// A job is a body with the place for its output.
type job interface {
	run()                         // runs the body and stores what it returned
	crashed(err *task.PanicError) // the body panicked
	exited()                      // the body's goroutine is inside Goexit
}

func newCoroutine(p *Pool) *coroutine {
	c := &coroutine{threadLocked: p.opts.ThreadLocked, begin: p.opts.Begin, look: useSample - 1}
	if p.opts.CheckUses {
		c.look, c.id = 0, []byte{} // not nil: the goroutine puts its number there
	}
	c.next, _ = iter.Pull(c.loop) // stop would be one more thing to keep for each: see dispose
	return c
}

// loop is the coroutine's goroutine.
func (c *coroutine) loop(yield func(struct{}) bool) {
	c.yield = yield
	if c.id != nil {
		c.id = goroutineID()
	}
	defer c.exit()
	for {
		c.serve()
		c.park()
		if c.stopping {
			return
		}
	}
}

// serve runs one body to its end.
func (c *coroutine) serve() {
	defer c.contain()
	if c.begin != nil {
		c.begin()
	}
	c.serving = true
	c.job.run()
	c.serving = false
}

// contain recovers what the body panicked with. The body's frames are still there, so the stack
// names the function that did.
func (c *coroutine) contain() {
	v := recover()
	if !c.serving {
		return
	}
	c.serving = false
	if err := task.Recovered(v); err != nil {
		c.job.crashed(err)
	}
}

// exit runs when loop is left: because the coroutine is stopped while idle, or because a body
// called Goexit. In the second case the goroutine is lost, and iter.Pull would take the worker's
// along. So the worker is answered from in here, and resumes this goroutine only to stop it. The
// panic then hides the Goexit from iter.Pull, which hands it to dispose.
//
// A Goexit goes on after a panic that a deferred function of the body added was recovered. That
// is why park is not called in contain: the next body would be run by a goroutine that is bound
// to exit.
func (c *coroutine) exit() {
	if c.job == nil {
		return
	}
	c.job.exited()
	c.broken = true
	c.park()
	panic(stopped{})
}

type stopped struct{}

// park gives the worker its goroutine back, until the next resume.
func (c *coroutine) park() {
	c.leaveThread()
	c.yield(struct{}{})
}

// leaveThread comes before every yield.
func (c *coroutine) leaveThread() {
	if !c.threadLocked {
		unlockThread()
	}
}

// maxThreadLocks is how many nested LockOSThread calls a suspension undoes. The count cannot be
// read, and a call too many is free (0.3 ns), so this is as deep as any sane nesting.
const maxThreadLocks = 8

func unlockThread() {
	for range maxThreadLocks {
		runtime.UnlockOSThread()
	}
}

// dispose ends an idle or broken coroutine: it resumes it for the last time. It stays on the
// worker's goroutine, the only one that may switch to the coroutine if both are locked to a
// thread.
func (c *coroutine) dispose() {
	if c.broken {
		defer func() {
			if v := recover(); v != (stopped{}) {
				panic(v)
			}
		}()
	}
	c.stopping = true
	c.next()
}

// DefaultIdle is how many idle coroutines a pool keeps unless told otherwise: about 0.7 MiB.
const DefaultIdle = 256

// A Pool keeps the idle coroutines of one worker. It has one owner and no lock.
type Pool struct {
	idle  []*coroutine
	limit int
	opts  PoolOptions
	pcs   [maxStack]uintptr // scratch of checkUse: a coroutine's stack is too small for it
}

// PoolOptions are the options of [NewPoolWith]. The zero value is good.
type PoolOptions struct {
	// Idle is how many idle coroutines are kept at most; 0 stands for DefaultIdle, less for none.
	Idle int
	// ThreadLocked says that the owner is locked to its OS thread, which its coroutines then share.
	ThreadLocked bool
	// Begin, if not nil, is called on the goroutine of a coroutine before a body begins there. The owner gives
	// the goroutine its labels for profiles with it, so that a body finds none of the last one's. It must not
	// panic.
	Begin func()
	// CheckUses makes every use of a Co be checked for being its body's. That costs microseconds each: it is
	// for tests, and for the search of a mistake.
	CheckUses bool
}

// NewPool makes a pool with these two of [PoolOptions].
func NewPool(idle int, threadLocked bool) *Pool {
	return NewPoolWith(PoolOptions{Idle: idle, ThreadLocked: threadLocked})
}

// NewPoolWith makes a pool.
func NewPoolWith(opts PoolOptions) *Pool {
	if opts.Idle == 0 {
		opts.Idle = DefaultIdle
	}
	return &Pool{limit: max(opts.Idle, 0), opts: opts}
}

// A Host is a [core.Host] with a pool. Bodies on other hosts get a new coroutine each.
type Host interface {
	core.Host
	Coroutines() *Pool
}

func poolOf(h core.Host) *Pool {
	if h, ok := h.(Host); ok {
		return h.Coroutines()
	}
	return NewPool(-1, false)
}

func (p *Pool) get() *coroutine {
	last := len(p.idle) - 1
	if last < 0 {
		return newCoroutine(p)
	}
	c := p.idle[last]
	c.begin = p.opts.Begin // another worker's may have made it
	p.idle[last] = nil
	p.idle = p.idle[:last]
	return c
}

func (p *Pool) put(c *coroutine) {
	c.job = nil
	if c.gone {
		return
	}
	if c.broken || len(p.idle) >= p.limit {
		c.dispose()
		return
	}
	p.idle = append(p.idle, c)
}

// Idle returns how many coroutines wait for a body.
func (p *Pool) Idle() int { return len(p.idle) }

// Close ends all idle coroutines and keeps none from now on. The owner calls it when the tasks it
// polled are gone.
func (p *Pool) Close() {
	for _, c := range p.idle {
		c.dispose()
	}
	p.idle, p.limit = nil, 0
}

// A cell is a task whose body is straight-line code: one allocation.
type cell[T any] struct {
	task.Slot[T]
	strand
	co   Co
	main func(*Co) (T, error)
}

// New makes a task of body. The task is Scheduled, so it goes to a host's Spawn.
func New[T any](body func(co *Co) (T, error)) *task.Slot[T] {
	if body == nil {
		panic("coro: New of a nil body")
	}
	c := &cell[T]{}
	c.init(body)
	return &c.Slot
}

func (c *cell[T]) init(body func(co *Co) (T, error)) {
	c.prepare(body)
	c.Init(c)
}

// prepare is what comes before Init.
func (c *cell[T]) prepare(body func(co *Co) (T, error)) {
	c.main = body
	c.strand.task = &c.Task
	c.co.strand = &c.strand
}

var (
	_ task.GracefulBody = (*cell[int])(nil)
	_ task.ClosingBody  = (*cell[int])(nil)
)

// Poll runs the body until it suspends or ends. It is written without helpers: each return
// between a worker's loop and the switch of stacks is one that the processor predicts wrongly,
// for the other stack's returns came between.
func (c *cell[T]) Poll(cx *core.Context) task.Poll {
	if c.coroutine == nil {
		c.begin(cx, c)
	}
	c.cx = cx
	c.coroutine.leaveThread() // in case a future that was polled before has locked it
	if _, ok := c.coroutine.next(); !ok {
		c.lost()
	}
	if c.result != task.Pending {
		c.ended()
	}
	return c.result
}

// Unwind is the Poll that follows an abort. A body that has not begun begins, for what it was given: it has
// no deferred functions before that.
func (c *cell[T]) Unwind(cx *core.Context) task.Poll { return c.Poll(cx) }

func (c *cell[T]) Aborted() { c.changed() }

// Told reports whether an await has failed because of the abort.
func (c *cell[T]) Told() bool { return c.ignored != 0 }

// Describe names the function.
func (c *cell[T]) Describe() string {
	return runtime.FuncForPC(reflect.ValueOf(c.main).Pointer()).Name()
}

// Close implements task.ClosingBody. A body that has not begun begins, as in Unwind.
func (c *cell[T]) Close(cx *core.Context) {
	if c.coroutine == nil {
		c.begin(cx, c)
	}
	c.cx = cx
	c.drop()
}

// Drop gives up a body that no host has accepted: it never begins.
func (c *cell[T]) Drop() {
	c.drop()
	c.main = nil
}

func (c *cell[T]) run() {
	v, err := c.main(&c.co)
	switch {
	case c.dropping:
		c.leave() // whatever it returned: who dropped it has the reason
	case err != nil && c.AbortRequested() && errors.Is(err, core.ErrCancelled):
		c.end(task.Unwound, task.Returned(err)) // with what went wrong on the way
	default:
		c.main = nil
		c.Store(v, task.Returned(err))
		c.result = task.Ready
	}
}

func (c *cell[T]) crashed(err *task.PanicError) { c.end(task.Panicked, err) }

func (c *cell[T]) exited() {
	switch {
	case c.result == task.Panicked: // a deferred function, inside Goexit
	case c.dropping:
		c.leave()
	case c.ignored == forced:
		c.end(task.Unwound, core.ErrCancelled)
	default:
		c.end(task.Panicked, core.ErrGoexit)
	}
}

func (c *cell[T]) end(r task.Poll, err error) {
	var zero T
	c.main = nil
	c.Store(zero, err)
	c.result = r
}

// lost ends a body whose coroutine has ended, which only a foreign use of its Co causes: see use.go.
//
//go:noinline
func (c *cell[T]) lost() {
	c.coroutine.gone = true
	if c.result == task.Pending {
		c.end(task.Panicked, task.NewPanicError(textForeign))
	}
}

// leave ends a body that was dropped. The error is already where the join looks for it.
func (c *cell[T]) leave() {
	c.main = nil
	c.result = task.Unwound
}
