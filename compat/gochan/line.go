package gochan

import (
	"cmp"
	"reflect"
	"slices"

	"github.com/moduvex/moduvex-go/core"
)

// A line holds the tasks that receive from one channel, in the order in which they came, and the values that were
// received for a task that was dropped. One of the two is empty. While a task waits, one helper receives for all of
// them. Everything is under the lock of the pool, but got, which the helper writes in its round.
type line[T any] struct {
	service
	p       *pool
	ch      <-chan T
	waiting waitList       // of *RecvFuture[T]
	asking  *RecvFuture[T] // its task is cancelled, and leaves when the helper has answered; nil if there is none
	kept    []numbered[T]
	got     Received[T]
}

// A numbered value knows when it was received.
type numbered[T any] struct {
	value  T
	number uint64
}

// lineOf returns the line of ch, which it makes if there is none. Under the lock.
func lineOf[T any](p *pool, ch <-chan T) *line[T] {
	if l, ok := p.lines[ch].(*line[T]); ok {
		return l
	}
	l := &line[T]{p: p, ch: ch}
	p.lines[ch] = l
	p.peak = max(p.peak, len(p.lines))
	return l
}

// keptRoom is how many lines the map may have had and still be kept when it is empty.
const keptRoom = 64

// forget removes the line if it holds nothing. Under the lock.
func (l *line[T]) forget() {
	if l.helper == nil && l.waiting.empty() && len(l.kept) == 0 {
		delete(l.p.lines, l.ch)
		if len(l.p.lines) == 0 && l.p.peak > keptRoom {
			l.p.lines, l.p.peak = map[any]any{}, 0 // a map never shrinks
		}
	}
}

// takeKept takes the oldest of the values that are kept for ch. Under the lock.
func takeKept[T any](p *pool, ch <-chan T) (k numbered[T], ok bool) {
	l, ok := p.lines[ch].(*line[T])
	if !ok || len(l.kept) == 0 {
		return k, false
	}
	k = l.kept[0]
	l.kept[0] = numbered[T]{}
	l.kept = l.kept[1:]
	p.kept.Add(-1)
	l.forget()
	return k, true
}

// keep gives a value whose task is gone to the first task in the line. If none waits, it stays for the next one,
// and the selections with a case for the channel are woken, to look for it. Under the lock.
func keep[T any](p *pool, ch <-chan T, k numbered[T], wake []core.Waker) []core.Waker {
	l := lineOf(p, ch)
	if f := l.first(); f != nil {
		wake = f.deliver(Received[T]{k.value, true}, k.number, wake)
		if l.waiting.empty() {
			l.p.withdraw(l)
		}
		return wake
	}
	at, _ := slices.BinarySearchFunc(l.kept, k, func(a, b numbered[T]) int {
		return cmp.Compare(a.number, b.number)
	})
	l.kept = slices.Insert(l.kept, at, k)
	p.kept.Add(1)
	for n := p.selections.first; n != nil; n = n.next {
		wake = n.of.(*selection).wakeForKept(l.ch, wake)
	}
	return wake
}

// first returns the future that has waited longest, or nil.
func (l *line[T]) first() *RecvFuture[T] {
	if n := l.waiting.first; n != nil {
		return n.of.(*RecvFuture[T])
	}
	return nil
}

func (l *line[T]) served() *service { return &l.service }

func (l *line[T]) wanted() bool { return !l.waiting.empty() }

func (l *line[T]) unserved() { l.forget() }

func (l *line[T]) size() int { return 1 }

func (l *line[T]) ends(es []end) []end { return endOf(reflect.ValueOf(l.ch), false, es) }

func (l *line[T]) wait(stop *stops) bool {
	select {
	case v, ok := <-l.ch:
		l.got = Received[T]{v, ok}
		return true
	case <-stop.now:
		return false
	case <-stop.late:
		return false
	}
}

func (l *line[T]) selectCases(cs []reflect.SelectCase) []reflect.SelectCase {
	return append(cs, reflect.SelectCase{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(l.ch)})
}

func (l *line[T]) fire(_ int, v reflect.Value, ok bool) { l.got = received[T](v, ok) }

func (l *line[T]) probe() bool { return false }

// settle gives what was received to the first task of the line; the end of the channel is for all of them. A task that
// has asked leaves.
func (l *line[T]) settle(done bool, wake []core.Waker) []core.Waker {
	if done {
		wake = l.pass(wake)
	}
	if f := l.asking; f != nil {
		l.asking = nil
		if f.place.in != nil {
			f.place.leave()
			l.p.waiting--
			wake = append(wake, f.waker)
		}
		l.p.answered.Broadcast()
	}
	return wake
}

func (l *line[T]) pass(wake []core.Waker) []core.Waker {
	got := l.got
	l.got = Received[T]{}
	if got.OK {
		l.p.received++
		return keep(l.p, l.ch, numbered[T]{got.Value, l.p.received}, wake)
	}
	for f := l.first(); f != nil; f = l.first() {
		wake = f.deliver(got, 0, wake)
	}
	return wake
}

// received is what a reflect.Select has received.
func received[T any](v reflect.Value, ok bool) (r Received[T]) {
	r.OK = ok
	if ok {
		reflect.ValueOf(&r.Value).Elem().Set(v)
	}
	return r
}
