package gochan

import (
	"reflect"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
)

// Send sends v to ch, and suspends the body of co until a receiver or the buffer of ch takes it. It waits for ever if
// ch is nil, and panics in the body if ch is closed, as a send of Go does. The error says why co was cancelled; then v
// was not sent and will not be. If v was sent at the moment of a cancellation, Send returns nil.
func Send[T any](co *coro.Co, ch chan<- T, v T) error {
	if err := co.Interrupted(); err != nil {
		return err
	}
	cx := co.Context()
	if !cx.Spend() {
		return sendLater(co, ch, v)
	}
	select {
	case ch <- v:
		return nil
	default:
		cx.Refund()
		return send(co, ch, v)
	}
}

// sendLater is a Send whose poll has no budget left.
func sendLater[T any](co *coro.Co, ch chan<- T, v T) error {
	if err := co.Suspend(); err != nil {
		return err
	}
	return Send(co, ch, v)
}

// send is a Send that may have to wait.
func send[T any](co *coro.Co, ch chan<- T, v T) error {
	f := SendFuture[T]{ch: ch, v: v}
	defer f.Drop()
	for {
		if _, ready := f.Poll(co.Context()); ready {
			return nil
		}
		if err := co.Suspend(); err != nil {
			if f.giveUp(co, &f) {
				f.end()
				return nil
			}
			return err
		}
	}
}

// A SendFuture is [Send] in poll style. It is ready once, and panics if it is polled again.
//
// Whether the value of a SendFuture that is dropped was sent is not certain: it may have been sent already and the
// future not polled since, or it is sent at that moment. A drop is of no consequence for the value before the first
// poll, or where the program can tell by other means. [Send] and [Select] have no such gap.
type SendFuture[T any] struct {
	op
	ch    chan<- T
	v     T
	over  bool // ready or dropped
	panic any  // of the send, in its round
}

var (
	_ core.Future[struct{}] = (*SendFuture[int])(nil)
	_ core.Dropper          = (*SendFuture[int])(nil)
	_ client                = (*SendFuture[int])(nil)
)

// NewSend returns a future that is ready when v has been sent to ch. It is pending for ever if ch is nil, and its Poll
// panics if ch is closed.
func NewSend[T any](ch chan<- T, v T) *SendFuture[T] { return &SendFuture[T]{ch: ch, v: v} }

// Poll implements [core.Future].
func (f *SendFuture[T]) Poll(cx *core.Context) (_ struct{}, ready bool) {
	if f.over {
		panic(polledAgain)
	}
	if f.ch == nil || !cx.Spend() {
		return struct{}{}, false
	}
	if f.p == nil {
		select {
		case f.ch <- f.v:
			f.over = true
			return struct{}{}, true
		default:
		}
		f.p = poolFor(cx)
	}
	f.p.mu.Lock()
	ready = f.finished
	if !ready {
		f.arm(f, cx.Waker())
	}
	f.p.mu.Unlock()
	if ready {
		f.end()
		return struct{}{}, true
	}
	cx.Refund()
	cx.Waits(core.WaitChannel)
	return struct{}{}, false
}

// end is called once the helper has sent, or has found the channel closed.
func (f *SendFuture[T]) end() {
	f.over = true
	if f.panic != nil {
		panic(f.panic)
	}
}

// Drop implements [core.Dropper].
func (f *SendFuture[T]) Drop() {
	if f.over {
		return
	}
	f.over = true
	if f.p == nil {
		return
	}
	f.p.mu.Lock()
	defer f.p.mu.Unlock()
	f.abandoned = true
	f.withdraw(f, nil)
}

func (f *SendFuture[T]) size() int { return 1 }

func (f *SendFuture[T]) ends(es []end) []end { return endOf(reflect.ValueOf(f.ch), true, es) }

func (f *SendFuture[T]) wait(stop *stops) (done bool) {
	defer f.catch(&done)
	select {
	case f.ch <- f.v:
		return true
	case <-stop.now:
		return false
	case <-stop.late:
		return false
	}
}

func (f *SendFuture[T]) selectCases(cs []reflect.SelectCase) []reflect.SelectCase {
	return append(cs, reflect.SelectCase{Dir: reflect.SelectSend, Chan: reflect.ValueOf(f.ch), Send: reflect.ValueOf(&f.v).Elem()})
}

func (f *SendFuture[T]) fire(int, reflect.Value, bool) {}

func (f *SendFuture[T]) probe() (done bool) {
	defer f.catch(&done)
	select {
	case f.ch <- f.v:
		return true
	default:
		return false
	}
}

// catch keeps the panic of a send on a closed channel for the task.
func (f *SendFuture[T]) catch(done *bool) {
	if v := recover(); v != nil {
		f.panic, *done = v, true
	}
}

func (f *SendFuture[T]) settle(done bool, wake []core.Waker) []core.Waker {
	return f.settleOp(done, wake)
}
