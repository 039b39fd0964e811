package coro

import (
	"context"
	"sync"
)

// The fans of a worker are the contexts that scopes on the worker are to end with: one fan for each context, however many
// scopes it has. So a context is told of one function for each worker, and not of one for each scope:
//
//   - the end of a context that a million tasks share starts a goroutine for each worker, and not a million of them;
//   - the map in which package context keeps such functions, and which never shrinks, stays small;
//   - a scope on a context that the worker knows allocates nothing for it.
//
// A scope enters the fans of the worker that it is opened on. Where tasks move, it may leave them on another worker: hence
// the lock.
type fans struct {
	mu     sync.Mutex
	byDone map[<-chan struct{}]*fan // contexts with the same Done channel end together
	peak   int                      // the greatest length of byDone since it was made
}

// A fan has the scopes of one worker that are to end with one context.
//
//	made by the first scope → (scopes enter and leave)* → the last one leaves: the function is taken back
//	                                                    → the context is done: fire cancels the scopes
//
// No end is missed: a scope enters before its body can await, and context.AfterFunc calls the function also if the context
// is done already. A scope that leaves while fire runs is cancelled after its end, which has no effect.
type fan struct {
	of    *fans
	done  <-chan struct{}
	first *contextScope // under the lock of the fans
	stop  func() bool   // takes fire back; set by the first scope, before its body can await
}

// keptRoom is how long a map of fans may have been and still be kept when it is empty.
const keptRoom = 64

// add makes the end of c's context, whose Done channel is done, cancel c. Only the worker of the fans calls it.
func (fs *fans) add(c *contextScope, done <-chan struct{}) {
	fs.mu.Lock()
	f := fs.byDone[done]
	made := f == nil
	if made {
		f = &fan{of: fs, done: done}
		if fs.byDone == nil {
			fs.byDone = make(map[<-chan struct{}]*fan)
		}
		fs.byDone[done] = f
		fs.peak = max(fs.peak, len(fs.byDone))
	}
	f.push(c)
	fs.mu.Unlock()
	if made {
		f.stop = afterDone(c.ctx, done, f.fire) // which may call f.fire at once
	}
}

// afterDone makes the end of ctx, whose Done channel is done, call f. What it registers with stays reachable as long as
// any scope of the fan does. So it takes the context of package context that has the channel, if there is one, and not ctx,
// which may have the values of one request. A context with a method AfterFunc calls f without a goroutine in between: f
// does not block.
func afterDone(ctx context.Context, done <-chan struct{}, f func()) (stop func() bool) {
	if c, ok := ctx.Value(causeKey).(context.Context); ok && c.Done() == done {
		return context.AfterFunc(c, f)
	}
	if a, ok := ctx.(interface{ AfterFunc(func()) func() bool }); ok {
		return a.AfterFunc(f)
	}
	return context.AfterFunc(ctx, f)
}

// remove takes c out, and takes the function back if c was the last scope.
func (f *fan) remove(c *contextScope) {
	fs := f.of
	fs.mu.Lock()
	if c.linked {
		f.unlink(c)
	}
	c.fan = nil
	last := f.first == nil && fs.forget(f)
	fs.mu.Unlock()
	if last && f.stop != nil { // nil if the context's AfterFunc has panicked
		f.stop()
	}
}

// forget removes f from the map, and reports whether it was there. Under the lock.
func (fs *fans) forget(f *fan) bool {
	if fs.byDone[f.done] != f {
		return false
	}
	delete(fs.byDone, f.done)
	if len(fs.byDone) == 0 && fs.peak > keptRoom {
		fs.byDone, fs.peak = nil, 0 // a map never shrinks
	}
	return true
}

// fire cancels the scopes: the context is done. A scope that is opened from here on finds that itself.
func (f *fan) fire() {
	f.of.mu.Lock()
	f.of.forget(f)
	f.of.mu.Unlock()
	for c := f.pop(); c != nil; c = f.pop() {
		c.cancel(c.ended())
	}
}

func (f *fan) pop() *contextScope {
	f.of.mu.Lock()
	defer f.of.mu.Unlock()
	c := f.first
	if c != nil {
		f.unlink(c)
	}
	return c
}

func (f *fan) push(c *contextScope) {
	c.fan, c.linked, c.next = f, true, f.first
	if c.next != nil {
		c.next.prev = c
	}
	f.first = c
}

func (f *fan) unlink(c *contextScope) {
	if c.prev != nil {
		c.prev.next = c.next
	} else {
		f.first = c.next
	}
	if c.next != nil {
		c.next.prev = c.prev
	}
	c.prev, c.next, c.linked = nil, nil, false
}
