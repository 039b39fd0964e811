package executor

import (
	"context"
	"runtime"

	"github.com/moduvex/moduvex-go/core"
)

// A Parker lets an ordinary goroutine use operations in poll style: it has the context of their polls, and blocks the
// goroutine while they are pending. It is for bridges to code that knows no tasks: the worker's reactor wakes the
// goroutine, and no task and no second goroutine is involved.
//
//	p := rt.Parker(worker)
//	defer p.Release()
//	for {
//		n, ready, err := socket.PollRead(p.Context(), b)
//		if ready {
//			return n, err
//		}
//		p.Park()
//	}
//
// [PollHere] is this loop for a future. One goroutine at a time uses a Parker, and it must not be inside a task ([Inside]):
// it would block the worker that is to wake it. A timer that is armed with the context is a timer of Go, and late by up to
// a millisecond.
type Parker struct {
	host  *outside
	cx    *core.Context
	woken chan struct{}
}

// Parker returns a Parker whose operations use the reactor of a worker, of 0 to Workers()-1; it panics for other numbers. The
// caller owes it a Release. Sockets that were registered with another worker stay there, and wake it all the same. Any
// goroutine.
func (rt *Runtime) Parker(worker int) *Parker {
	rt.assertMade()
	return rt.worker(worker).outside.parkers.Get().(*Parker)
}

// NextWorker returns the number of a worker for what is not bound to one: of all workers, round-robin. Any goroutine.
func (rt *Runtime) NextWorker() int { return int(rt.next.Add(1) % uint64(len(rt.workers))) }

func newParker(o *outside) *Parker {
	return &Parker{host: o, cx: core.NewContext(o), woken: make(chan struct{}, 1)}
}

// Context begins a poll, and returns its context. It is valid until the next call of a method of p.
func (p *Parker) Context() *core.Context {
	p.cx.ForHost().Begin((*parked)(p))
	return p.cx
}

// Park blocks the goroutine until the waker of p's polls is called. It returns at once if that was called since the last Park,
// or if the poll has spent its budget. A wake that was on its way to an earlier user of p may end it early.
func (p *Parker) Park() {
	if p.cx.ForHost().Yielded() {
		runtime.Gosched()
		return
	}
	<-p.woken
}

// Woken returns a channel that receives where Park would return, for a select with other channels. After a poll that has spent
// its budget it has a value already.
func (p *Parker) Woken() <-chan struct{} {
	if p.cx.ForHost().Yielded() {
		(*parked)(p).Wake()
	}
	return p.woken
}

// Release gives p back. The caller has dropped the operations that are still pending: it has called their Unwait, or Drop.
func (p *Parker) Release() {
	p.cx.ForHost().Clear()
	p.host.parkers.Put(p)
}

// parked is a Parker as the waker of its polls.
type parked Parker

// Wake implements core.Waker.
func (p *parked) Wake() {
	select {
	case p.woken <- struct{}{}:
	default:
	}
}

// PollHere polls f on the calling goroutine, which it blocks in between, and returns the output. Unlike [BlockOn] it makes no
// task, so a future that only waits for a socket, a timer or a lock costs no switch to a worker.
//
// If ctx is done first, PollHere drops f and returns ctx's cause; a value that is ready by then is returned. A panic of f
// panics here. Inside a task PollHere returns core.ErrNested, in a bubble of testing/synctest [ErrBubble], and f is dropped.
// The context of f spawns tasks as the runtime does. It belongs to no task: functions that want the context of one, such as
// [On], panic.
func PollHere[T any](ctx context.Context, rt *Runtime, f core.Future[T]) (value T, err error) {
	if f == nil {
		panic("executor: PollHere with a nil Future")
	}
	pending := true
	defer func() {
		if pending { // refused, or a panic before the first poll
			core.Drop(f)
		}
	}()
	rt.assertMade()
	switch {
	case insideTask():
		return value, errNested("PollHere", "await the future with coro.Await")
	case inBubble():
		return value, ErrBubble
	case ctx.Err() != nil:
		return value, context.Cause(ctx)
	}
	p := rt.Parker(rt.NextWorker())
	defer func() {
		if pending {
			pending = false
			core.Drop(f) // before p serves another wait
		}
		p.Release()
	}()
	for done := false; ; {
		v, ok := f.Poll(p.Context())
		switch {
		case ok:
			pending = false
			return v, nil
		case done:
			return value, context.Cause(ctx)
		}
		select {
		case <-p.Woken():
		case <-ctx.Done():
			done = true
		}
	}
}
