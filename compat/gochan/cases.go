package gochan

import (
	"reflect"

	"github.com/moduvex/moduvex-go/core"
)

// A Case is one of the alternatives of a [Select]: made by [OnRecv], [OnSend], [OnFuture] or [Default], and used in
// one Select only. Its function runs if the case is chosen, after all others are given up; it may be nil.
type Case interface {
	// try does the case if that is possible at once.
	try(cx *core.Context, p *pool) bool
	// run calls the function of the case, which has been done.
	run()
}

// A chanCase is a Case that a helper can wait for.
type chanCase interface {
	Case
	isNil() bool
	// wait blocks until the case is done or the helper is stopped. It may panic.
	wait(stop *stops) (done bool)
	selectCase() reflect.SelectCase
	fire(v reflect.Value, ok bool)
	sends() bool
	// takeKept takes a value that is kept for the channel. Under the lock.
	takeKept(p *pool) bool
	// of reports whether the case receives from the channel with this key.
	of(key any) bool
	// number gives a received value its number. Under the lock.
	number(p *pool)
	// giveBack keeps a value that was received for a task that is gone. Under the lock.
	giveBack(p *pool, wake []core.Waker) []core.Waker
}

// OnRecv is the case that receives from ch; f gets what [Recv] returns. If ch is nil, it is never chosen.
func OnRecv[T any](ch <-chan T, f func(v T, ok bool)) Case { return &recvCase[T]{ch: ch, f: f} }

type recvCase[T any] struct {
	ch  <-chan T
	f   func(v T, ok bool)
	got Received[T]
	num uint64 // of the value, if a helper has received it
}

func (c *recvCase[T]) try(_ *core.Context, p *pool) (done bool) {
	if c.ch != nil {
		c.got, done = tryRecv(p, c.ch)
	}
	return done
}

func (c *recvCase[T]) run() {
	if c.f != nil {
		c.f(c.got.Value, c.got.OK)
	}
}

func (c *recvCase[T]) isNil() bool     { return c.ch == nil }
func (c *recvCase[T]) sends() bool     { return false }
func (c *recvCase[T]) of(key any) bool { return any(c.ch) == key }

func (c *recvCase[T]) wait(stop *stops) bool {
	select {
	case v, ok := <-c.ch:
		c.got = Received[T]{v, ok}
		return true
	case <-stop.now:
		return false
	case <-stop.late:
		return false
	}
}

func (c *recvCase[T]) selectCase() reflect.SelectCase {
	return reflect.SelectCase{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(c.ch)}
}

func (c *recvCase[T]) fire(v reflect.Value, ok bool) { c.got = received[T](v, ok) }

func (c *recvCase[T]) takeKept(p *pool) bool {
	k, ok := takeKept(p, c.ch)
	if ok {
		c.got, c.num = Received[T]{k.value, true}, k.number
	}
	return ok
}

func (c *recvCase[T]) number(p *pool) {
	p.received++
	c.num = p.received
}

func (c *recvCase[T]) giveBack(p *pool, wake []core.Waker) []core.Waker {
	if !c.got.OK {
		return wake
	}
	return keep(p, c.ch, numbered[T]{c.got.Value, c.num}, wake)
}

// OnSend is the case that sends v to ch. If ch is nil, it is never chosen; if ch is closed, Select may choose it, and
// panics then.
func OnSend[T any](ch chan<- T, v T, f func()) Case { return &sendCase[T]{ch: ch, v: v, f: f} }

type sendCase[T any] struct {
	ch chan<- T
	v  T
	f  func()
}

func (c *sendCase[T]) try(*core.Context, *pool) bool {
	select {
	case c.ch <- c.v:
		return true
	default:
		return false
	}
}

func (c *sendCase[T]) run() {
	if c.f != nil {
		c.f()
	}
}

func (c *sendCase[T]) isNil() bool { return c.ch == nil }
func (c *sendCase[T]) sends() bool { return true }
func (c *sendCase[T]) of(any) bool { return false }

func (c *sendCase[T]) wait(stop *stops) bool {
	select {
	case c.ch <- c.v:
		return true
	case <-stop.now:
		return false
	case <-stop.late:
		return false
	}
}

func (c *sendCase[T]) selectCase() reflect.SelectCase {
	return reflect.SelectCase{Dir: reflect.SelectSend, Chan: reflect.ValueOf(c.ch), Send: reflect.ValueOf(&c.v).Elem()}
}

func (c *sendCase[T]) fire(reflect.Value, bool)                         {}
func (c *sendCase[T]) takeKept(*pool) bool                              { return false }
func (c *sendCase[T]) number(*pool)                                     {}
func (c *sendCase[T]) giveBack(_ *pool, wake []core.Waker) []core.Waker { return wake }

// OnFuture is the case of any other future, such as a timer, a receiver of mpsc, a JoinHandle or an operation of a
// socket (future.Func around its poll style); fn gets its value. The Select takes f over, and drops it if another case is
// chosen. A receiver that is closed is ready for ever: a loop leaves its case out from then on. A nil f panics, and so does
// a nil pointer or function in f.
func OnFuture[T any](f core.Future[T], fn func(v T)) Case {
	assertFuture("OnFuture", f)
	return &futureCase[T]{f: f, fn: fn}
}

// assertFuture panics if f is nil or holds a nil pointer or function: its Poll would panic later, with a text that says
// nothing.
func assertFuture(call string, f any) {
	if f == nil {
		panic("gochan: " + call + " of a nil Future")
	}
	if v := reflect.ValueOf(f); (v.Kind() == reflect.Pointer || v.Kind() == reflect.Func) && v.IsNil() {
		panic("gochan: " + call + " of a nil " + v.Type().String())
	}
}

type futureCase[T any] struct {
	f     core.Future[T] // nil once it has completed or was dropped
	fn    func(v T)
	value T
}

func (c *futureCase[T]) try(cx *core.Context, _ *pool) bool {
	if c.f == nil {
		panic("gochan: a Case of OnFuture was used in a second Select: its future has completed or was dropped")
	}
	v, ok := c.f.Poll(cx)
	if ok {
		c.value, c.f = v, nil
	}
	return ok
}

func (c *futureCase[T]) run() {
	if c.fn != nil {
		c.fn(c.value)
	}
}

// Drop drops the future, unless it has completed.
func (c *futureCase[T]) Drop() {
	if f := c.f; f != nil {
		c.f = nil
		core.Drop(f)
	}
}

// Default is the case that is chosen if no other one can be at once. A Select has at most one.
func Default(f func()) Case { return &defaultCase{f} }

type defaultCase struct{ f func() }

func (*defaultCase) try(*core.Context, *pool) bool { return false }

func (c *defaultCase) run() {
	if c.f != nil {
		c.f()
	}
}
