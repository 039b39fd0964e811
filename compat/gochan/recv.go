package gochan

import (
	"iter"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
)

// A Received is what a receive from a channel returns: OK is false, and Value zero, if the channel is closed and
// empty.
type Received[T any] struct {
	Value T
	OK    bool
}

const polledAgain = "gochan: a future was polled after it completed or was dropped"

// Recv receives from ch, and suspends the body of co until there is a value, or until ch is closed; then ok is false.
// It waits for ever if ch is nil. The error says why co was cancelled; then nothing was received. A value that was
// received at the moment of a cancellation is returned without an error, also when the runtime closes.
func Recv[T any](co *coro.Co, ch <-chan T) (v T, ok bool, err error) {
	if err = co.Interrupted(); err != nil {
		return v, false, err
	}
	cx := co.Context()
	if !cx.Spend() {
		return recvLater(co, ch)
	}
	if poolOf(cx).kept.Load() == 0 {
		select {
		case v, ok = <-ch:
			return v, ok, nil
		default:
		}
	}
	cx.Refund()
	return recv(co, ch)
}

// recvLater is a Recv whose poll has no budget left.
func recvLater[T any](co *coro.Co, ch <-chan T) (v T, ok bool, err error) {
	if err = co.Suspend(); err != nil {
		return v, false, err
	}
	return Recv(co, ch)
}

// recv is a Recv that may have to wait.
func recv[T any](co *coro.Co, ch <-chan T) (v T, ok bool, err error) {
	f := RecvFuture[T]{ch: ch}
	defer f.Drop()
	for {
		if r, ready := f.Poll(co.Context()); ready {
			return r.Value, r.OK, nil
		}
		if err = co.Suspend(); err != nil {
			f.settle(co)
			if r, ready := f.leave(); ready {
				return r.Value, r.OK, nil
			}
			return v, false, err
		}
	}
}

// All ranges over the values of ch until it is closed. If co is cancelled, the last iteration has the error that says
// why.
func All[T any](co *coro.Co, ch <-chan T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for {
			v, ok, err := Recv(co, ch)
			if err == nil && !ok || !yield(v, err) || err != nil {
				return
			}
		}
	}
}

// A RecvFuture is [Recv] in poll style. It is ready once, and panics if it is polled again.
type RecvFuture[T any] struct {
	ch    <-chan T
	p     *pool // nil before the first wait
	over  bool  // ready or dropped
	place waitNode

	// Under the lock of the pool, which the helper takes, too:
	waker     core.Waker
	delivered bool
	got       Received[T]
	number    uint64
}

var (
	_ core.Future[Received[int]] = (*RecvFuture[int])(nil)
	_ core.Dropper               = (*RecvFuture[int])(nil)
)

// NewRecv returns a future that is ready with the next value of ch, or when ch is closed. It is pending for ever if ch
// is nil. The runtime keeps a value that was received for a future which is dropped; the next receiver of ch in that
// runtime gets it.
func NewRecv[T any](ch <-chan T) *RecvFuture[T] { return &RecvFuture[T]{ch: ch} }

// Poll implements [core.Future].
func (f *RecvFuture[T]) Poll(cx *core.Context) (r Received[T], ready bool) {
	if f.over {
		panic(polledAgain)
	}
	if f.ch == nil {
		return r, false
	}
	if !cx.Spend() {
		return r, false
	}
	if f.p == nil {
		r, f.over = f.begin(cx)
	} else {
		r, f.over = f.look(cx)
	}
	if !f.over {
		cx.Refund()
		cx.Waits(core.WaitChannel)
	}
	return r, f.over
}

// begin takes a value that is there, or enters the line.
func (f *RecvFuture[T]) begin(cx *core.Context) (r Received[T], ready bool) {
	p := poolFor(cx)
	if r, ready = tryRecv(p, f.ch); ready {
		return r, true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if k, ok := takeKept(p, f.ch); ok {
		return Received[T]{k.value, true}, true
	}
	f.p, f.waker, f.place.of = p, cx.Waker(), f
	l := lineOf(p, f.ch)
	l.waiting.push(&f.place)
	p.waiting++
	p.serve(l)
	return r, false
}

// tryRecv takes a value that is kept for ch, or else receives from ch if that is possible at once.
func tryRecv[T any](p *pool, ch <-chan T) (r Received[T], ready bool) {
	if p.kept.Load() != 0 {
		p.mu.Lock()
		k, ok := takeKept(p, ch)
		p.mu.Unlock()
		if ok {
			return Received[T]{k.value, true}, true
		}
	}
	select {
	case r.Value, r.OK = <-ch:
		return r, true
	default:
		return r, false
	}
}

// look takes what was delivered.
func (f *RecvFuture[T]) look(cx *core.Context) (r Received[T], ready bool) {
	f.p.mu.Lock()
	defer f.p.mu.Unlock()
	if !f.delivered {
		f.waker = cx.Waker()
		return r, false
	}
	r, f.got = f.got, Received[T]{}
	return r, true
}

// deliver gives r to f and takes it out of the line. Under the lock.
func (f *RecvFuture[T]) deliver(r Received[T], number uint64, wake []core.Waker) []core.Waker {
	f.place.leave()
	f.p.waiting--
	f.got, f.number, f.delivered = r, number, true
	return append(wake, f.waker)
}

// settle is called before leave, by a body that is cancelled. If f is alone in its line, and the helper may have received
// a value for it, settle returns when the helper has answered: so the value is not left behind.
func (f *RecvFuture[T]) settle(co *coro.Co) {
	for f.ask(co) {
		// The helper runs in an instant. Only a body that is dropped cannot be suspended until then.
		if err := coro.Shield(co, func(co *coro.Co) error { return co.Suspend() }); err != nil {
			f.await()
		}
	}
}

// ask withdraws the line if f is alone in it, and reports whether the helper has still to answer.
func (f *RecvFuture[T]) ask(co *coro.Co) bool {
	if f.p == nil {
		return false
	}
	f.p.mu.Lock()
	defer f.p.mu.Unlock()
	if f.place.in == nil || f.place.prev != nil || f.place.next != nil {
		return false // a value was delivered, or goes to another one
	}
	l := lineOf(f.p, f.ch)
	f.waker = co.Context().Waker()
	l.asking = nil
	if !f.p.withdraw(l) {
		l.asking = f
	}
	return l.asking != nil
}

// await blocks until the helper has answered.
func (f *RecvFuture[T]) await() {
	f.p.mu.Lock()
	defer f.p.mu.Unlock()
	for f.place.in != nil {
		f.p.answered.Wait()
	}
}

// leave ends the wait of f and returns what was delivered by then.
func (f *RecvFuture[T]) leave() (r Received[T], ready bool) {
	if f.over || f.p == nil {
		f.over = true
		return r, false
	}
	f.p.mu.Lock()
	defer f.p.mu.Unlock()
	return f.leaveLine()
}

// leaveLine is leave for a future that has entered the line. Under the lock.
func (f *RecvFuture[T]) leaveLine() (r Received[T], ready bool) {
	f.over = true
	if f.place.in == nil {
		return f.got, f.delivered
	}
	f.place.leave()
	f.p.waiting--
	l := lineOf(f.p, f.ch)
	if l.asking == f {
		l.asking = nil
	}
	if l.waiting.empty() {
		f.p.withdraw(l)
	}
	return r, false
}

// Drop implements [core.Dropper].
func (f *RecvFuture[T]) Drop() {
	r, ready := f.leave()
	if !ready || !r.OK {
		return
	}
	p := f.p
	p.mu.Lock()
	wake := keep(p, f.ch, numbered[T]{r.Value, f.number}, nil)
	p.mu.Unlock()
	wakeAll(wake)
}
