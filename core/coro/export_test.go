package coro

import (
	"reflect"
	"weak"
)

// MaxIgnored is how many awaits of an aborted body fail before it is unwound by force.
const MaxIgnored = maxIgnored

// UseSample is the number of uses of a Co for one check of the stack.
const UseSample = useSample

// The panics of a use that is not the body's.
const (
	TextOutside = textOutside
	TextForeign = textForeign
	TextOther   = textOther

	TextExchanged = textExchanged
)

// LoopName is the name of the function of each coroutine's goroutine.
var LoopName = FuncOf((*cell[int, valueBody[int]]).loop).Name() + ".func1"

// CoroutineOf tells coroutines apart.
func CoroutineOf(co *Co) any { return co.coroutine }

// HoldWatch keeps Done channels from being closed until release is called.
func HoldWatch(co *Co) (release func()) {
	w := co.watching()
	w.mu.Lock()
	return w.mu.Unlock
}

// CheckNext makes the next use check the stack.
func CheckNext(co *Co) { co.coroutine.uses = useSample - 1 }

// Watched returns how many scopes of the body are watched for Done or AfterFunc.
func Watched(co *Co) int {
	w := co.watching()
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.entries)
}

// WeakCoroutine is a pointer to the body's coroutine that does not keep it.
func WeakCoroutine(co *Co) weak.Pointer[coroutine] { return weak.Make(co.coroutine) }

// DisposeBroken disposes of a broken coroutine that ends with a panic of v.
func DisposeBroken(v any) {
	c := &coroutine{broken: true}
	c.next = func() (struct{}, bool) { panic(v) }
	c.at = berth{next: c.next, owner: c}
	c.dispose(NewPool(0, false))
}

// Stopped is the value of a broken coroutine's panic at its end.
var Stopped any = stopped{}

// Backlog is the queue of Results.
type Backlog[T any] struct{ backlog[T] }

// KeepBacklog is how much room a Backlog keeps at least.
const KeepBacklog = keepBacklog

func (b *Backlog[T]) Push(v T)  { b.push(v) }
func (b *Backlog[T]) Pop() T    { return b.pop() }
func (b *Backlog[T]) Room() int { return cap(b.values) }

// Held returns the values in the array that are not zero.
func (b *Backlog[T]) Held() []T {
	held := []T{}
	var zero T
	for _, v := range b.values[:cap(b.values)] {
		if any(v) != any(zero) {
			held = append(held, v)
		}
	}
	return held
}

// ResultsRoom is how many values r has room for.
func ResultsRoom[T any](r *Results[T]) int { return cap(r.values.values) }

// SizeOfATask returns the size of a task with a result of type T, without its coroutine.
func SizeOfATask[T any]() uintptr { return reflect.TypeFor[cell[T, valueBody[T]]]().Size() }

// Swaps reports whether coroutines can hand a worker on with this version of Go.
var Swaps = trySwaps

// WithoutSwaps makes pools that are made until the returned function is called take it that they cannot.
func WithoutSwaps() (restore func()) {
	before := swaps
	swaps = func() bool { return false }
	return func() { swaps = before }
}

// Fans returns how many contexts the worker of co waits for, and how many scopes are to end with them.
func Fans(co *Co) (contexts, scopes int) {
	fs := &co.coroutine.pool.fans
	fs.mu.Lock()
	defer fs.mu.Unlock()
	for _, f := range fs.byDone {
		for c := f.first; c != nil; c = c.next {
			scopes++
		}
	}
	return len(fs.byDone), scopes
}

// RoomForFans returns how many contexts the map of p's fans has held since it was made, or 0 if it has no map.
func RoomForFans(p *Pool) int { return p.fans.peak }
