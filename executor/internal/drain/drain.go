// Package drain provides hooks for the begin of a drain. The socket packages, which may not import executor, and
// executor's own future use them.
//
// A [Hook] has its Waker woken when the drain of a runtime begins, that is, when Shutdown or Close of the
// runtime is called. A runtime has one [Group] of lists, one [List] for each worker, so that hooks of
// different workers share no lock; the Host of a worker implements [Host]. A task without a hook costs nothing.
//
// # How a socket uses it
//
// A listener embeds a Hook, whose Waker closes the listener. Each time that one of its operations is
// polled, or once a registration if that is rarer, it calls
//
//	if l.hook.Watch(cx.Host()) {
//		// The runtime drains already: the Waker was woken, or will not be. Close here.
//	}
//
// Watch costs two loads if the hook watches that runtime already, whichever of its workers polls. Tasks of several
// workers may call it at once. A hook watches one runtime at a time: a Watch
// with a host of another runtime moves it there. A host that is no [Host], as in tests, never
// drains. Close of the listener calls [Hook.Stop], so that the runtime no longer refers to the listener.
//
// The goroutine that calls Shutdown or Close calls the Waker, once at most for each runtime, outside
// all locks of this package, while the tasks of the runtime run on. The Waker may call Stop and close descriptors; it
// must not block or panic. A call that was on its way may still follow a Stop, so the Waker and a close
// may run at the same time.
package drain

import (
	"sync"
	"sync/atomic"

	"github.com/moduvex/moduvex-go/core"
)

// A Host is a core.Host whose runtime has hooks for its drain.
type Host interface {
	core.Host
	// DrainList returns the list of the worker. Any goroutine.
	DrainList() *List
}

// A Group has the lists of all workers of a runtime.
type Group struct {
	lists []List
	// Begin writes begun before it takes the locks of the lists, and add reads it under them: a hook is in its list
	// before Begin empties that, or add sees begun. So no hook misses the drain, and none enters a second list of the
	// group once it was woken.
	begun atomic.Bool
}

// NewGroup makes a group with n lists.
func NewGroup(n int) *Group {
	g := &Group{lists: make([]List, n)}
	for i := range g.lists {
		g.lists[i].group = g
	}
	return g
}

// List returns list number i.
func (g *Group) List(i int) *List { return &g.lists[i] }

// Begin wakes the hooks of all lists, and makes every Watch return true from now on. It is called once.
func (g *Group) Begin() {
	g.begun.Store(true)
	for i := range g.lists {
		g.lists[i].wakeAll()
	}
}

// Len returns how many hooks watch. Any goroutine.
func (g *Group) Len() (n int) {
	for i := range g.lists {
		n += g.lists[i].len()
	}
	return n
}

// A List holds the hooks of one worker.
type List struct {
	group *Group

	mu    sync.Mutex
	first *Hook    // under mu
	_     [64]byte // the lock of another worker follows
}

// A Hook has its Waker woken when a runtime drains. The zero Hook watches none; the Waker is set before the
// first Watch, and not changed while the hook watches. It must not be copied then.
type Hook struct {
	Waker core.Waker

	list       atomic.Pointer[List] // where the hook is; written under the lock of that list
	prev, next *Hook                // under the lock of the list
}

// Watch makes h watch the runtime of host, unless it does already, and reports whether the runtime drains: then
// the Waker was woken or will not be. Of several calls at the instant in which the drain begins, only one may
// return true. Any goroutine.
func (h *Hook) Watch(host core.Host) (draining bool) {
	dh, ok := host.(Host)
	if !ok {
		return false
	}
	l := dh.DrainList()
	for {
		at := h.list.Load()
		switch {
		case at != nil && at.group == l.group:
			return false // h is in the list, so its drain has not begun, or wakes h this instant
		case at != nil:
			h.Stop()
		default:
			if done, draining := l.add(h); done {
				return draining
			}
		}
	}
}

// Watching reports whether h is in the list of a runtime. Any goroutine.
func (h *Hook) Watching() bool { return h.list.Load() != nil }

// Stop makes h watch no runtime any more. Any goroutine.
func (h *Hook) Stop() {
	l := h.list.Load()
	if l == nil {
		return
	}
	l.mu.Lock()
	if h.list.Load() == l { // and was not removed meanwhile
		l.remove(h)
	}
	l.mu.Unlock()
}

// add puts h in front, unless the drain has begun. done is false if another goroutine has put h into a list
// first. It reads begun last: if h was woken out of another list of the group, begun is true by then.
func (l *List) add(h *Hook) (done, draining bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !h.list.CompareAndSwap(nil, l) {
		return false, false
	}
	if l.group.begun.Load() {
		h.list.Store(nil)
		return true, true
	}
	h.next = l.first
	if h.next != nil {
		h.next.prev = h
	}
	l.first = h
	return true, false
}

// remove removes h. Under l.mu.
func (l *List) remove(h *Hook) {
	if h.prev == nil {
		l.first = h.next
	} else {
		h.prev.next = h.next
	}
	if h.next != nil {
		h.next.prev = h.prev
	}
	h.prev, h.next = nil, nil
	h.list.Store(nil) // last: a goroutine that sees it may put h into another list
}

// wakeAll removes all hooks, and wakes them.
func (l *List) wakeAll() {
	l.mu.Lock()
	for l.first != nil {
		h := l.first
		w := h.Waker // first: a goroutine that sees that h does not watch any more may set another
		l.remove(h)
		l.mu.Unlock()
		w.Wake()
		l.mu.Lock()
	}
	l.mu.Unlock()
}

func (l *List) len() (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for h := l.first; h != nil; h = h.next {
		n++
	}
	return n
}
