package gochan

import (
	"math/bits"
	"reflect"
	"slices"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
)

// Select waits until one of the cases can be done, does that one alone, calls its function and returns its index. If
// several can be done, it takes one at random; if none can, it takes the [Default], or else suspends the body of co.
// Without any case it waits until co is cancelled.
//
// Select takes the futures of [OnFuture] over, and drops all but the chosen one. The function of the case runs in the
// body, after that, and may await. The error says why co was cancelled; then no case was done and no function was
// called. If a case was done at the moment of a cancellation, Select returns that one.
func Select(co *coro.Co, cases ...Case) (index int, err error) { return runSelect(co, cases, false) }

// SelectInOrder is [Select] that prefers the case that comes first in the arguments, where several can be done at
// once. A case that is always ready starves those behind it. The order has no meaning for cases that become ready
// while SelectInOrder waits.
func SelectInOrder(co *coro.Co, cases ...Case) (index int, err error) {
	return runSelect(co, cases, true)
}

func runSelect(co *coro.Co, cases []Case, inOrder bool) (index int, err error) {
	s := newSelection(cases, inOrder)
	defer s.Drop()
	if err := co.Interrupted(); err != nil {
		return -1, err
	}
	for {
		if i, ready := s.choose(co.Context()); ready {
			cases[i].run()
			return i, nil
		}
		if err = co.Suspend(); err != nil {
			if !s.giveUp(co, s) {
				return -1, err
			}
			i := s.end()
			cases[i].run()
			return i, nil
		}
	}
}

// NewSelect returns [Select] as a future that is ready with the index of the case. The function of the case runs in
// the last poll, so it must not block. The future owns those of [OnFuture].
func NewSelect(cases ...Case) core.Future[int] { return newSelection(cases, false) }

// A selection is the future of a Select.
//
// Only one case is done. Channels and futures cannot be asked at once, so a poll first withdraws the channels from the
// helper. If the helper has done one of them by then, that is the choice. Otherwise the helper does none from then on,
// and the poll tries all cases one by one, and passes the channels to the helper again if none is ready.
type selection struct {
	op
	cases   []Case
	chans   []chanCase // those that a helper waits for
	indices []int      // of chans, in cases
	other   int        // the index of the Default, or -1
	inOrder bool
	over    bool // ready or dropped
	armed   bool // passed to the helper, and not withdrawn for certain
	place   waitNode

	chosen int // of chans, once finished
	panic  any // of the send that is chosen
}

var (
	_ core.Dropper = (*selection)(nil)
	_ client       = (*selection)(nil)
)

func newSelection(cases []Case, inOrder bool) *selection {
	s := &selection{cases: cases, other: -1, inOrder: inOrder}
	s.place.of = s
	for i, c := range cases {
		switch c.(type) {
		case nil:
			panic("gochan: Select with a nil Case")
		case *defaultCase:
			if s.other >= 0 {
				panic("gochan: Select with two Defaults")
			}
			s.other = i
		}
	}
	if len(cases) > maxCases {
		panic("gochan: Select with too many cases")
	}
	return s
}

// listChans sets chans and indices, before the first wait.
func (s *selection) listChans() {
	s.chans = make([]chanCase, 0, len(s.cases))
	s.indices = make([]int, 0, len(s.cases))
	for i, c := range s.cases {
		if c, ok := c.(chanCase); ok && !c.isNil() {
			s.chans, s.indices = append(s.chans, c), append(s.indices, i)
		}
	}
}

// Poll implements [core.Future].
func (s *selection) Poll(cx *core.Context) (index int, ready bool) {
	if index, ready = s.choose(cx); ready {
		s.cases[index].run()
	}
	return index, ready
}

// choose does one of the cases and gives up the others, or arranges that the task is woken.
func (s *selection) choose(cx *core.Context) (index int, ready bool) {
	if s.over {
		panic(polledAgain)
	}
	if s.armed {
		s.p.mu.Lock()
		s.place.leave()
		settled, finished := s.withdraw(s, cx.Waker())
		s.p.mu.Unlock()
		if !settled {
			cx.Waits(core.WaitChannel)
			return 0, false
		}
		s.armed = false
		if finished {
			return s.end(), true
		}
	}
	if !cx.Spend() {
		return 0, false
	}
	if index, ready = s.tryAll(cx); ready {
		return index, true
	}
	cx.Refund()
	cx.Waits(core.WaitChannel)
	return 0, false
}

// tryAll tries each case once. If none is ready, a helper waits for those with channels.
func (s *selection) tryAll(cx *core.Context) (index int, ready bool) {
	p, n := poolOf(cx), len(s.cases)
	i := 0
	if !s.inOrder && n > 1 {
		i = draw(cx, n)
	}
	for range n {
		if s.cases[i].try(cx, p) {
			return s.take(i), true
		}
		if i++; i == n {
			i = 0
		}
	}
	switch {
	case s.other < 0:
		return s.arm(cx)
	case cx.ForHost().Exhausted(): // a future may be ready and had no budget to say so; the task has been woken
		return 0, false
	}
	return s.take(s.other), true
}

// arm passes the channels to a helper, unless a value is kept for one of them by now.
func (s *selection) arm(cx *core.Context) (index int, ready bool) {
	if s.chans == nil {
		s.listChans()
	}
	if len(s.chans) == 0 {
		return 0, false
	}
	if s.p == nil {
		s.p = poolFor(cx)
	}
	s.p.mu.Lock()
	if s.p.kept.Load() != 0 {
		for i, c := range s.chans {
			if c.takeKept(s.p) {
				s.p.mu.Unlock()
				return s.take(s.indices[i]), true
			}
		}
	}
	s.armed = true
	s.p.selections.push(&s.place)
	s.op.arm(s, cx.Waker())
	s.p.mu.Unlock()
	return 0, false
}

// draw returns a random number below n.
func draw(cx *core.Context, n int) int {
	hi, _ := bits.Mul64(cx.Worker().Rand(), uint64(n))
	return int(hi)
}

// take ends the selection with the case i, which is done, and drops the other futures.
func (s *selection) take(i int) int {
	s.over = true
	dropFutures(s.cases)
	return i
}

// end is take for the case that the helper has done.
func (s *selection) end() int {
	i := s.take(s.indices[s.chosen])
	if s.panic != nil {
		panic(s.panic)
	}
	return i
}

// dropFutures drops the futures of cases that are pending, in their order, each one also if the Drop of another
// panics.
func dropFutures(cases []Case) {
	for _, c := range slices.Backward(cases) {
		if d, ok := c.(core.Dropper); ok {
			defer d.Drop()
		}
	}
}

// Drop implements [core.Dropper]. A value that a helper has received is kept for the next receiver.
func (s *selection) Drop() {
	if s.over {
		return
	}
	s.over = true
	defer dropFutures(s.cases)
	if s.p == nil {
		return
	}
	var wake []core.Waker
	s.p.mu.Lock()
	s.place.leave()
	if s.finished {
		wake = s.chans[s.chosen].giveBack(s.p, nil)
	} else {
		s.abandoned = true
		s.withdraw(s, nil)
	}
	s.p.mu.Unlock()
	wakeAll(wake)
}

// wakeForKept wakes the task if a case receives from the channel with this key: a value is kept for it. Under the lock.
func (s *selection) wakeForKept(key any, wake []core.Waker) []core.Waker {
	for _, c := range s.chans {
		if c.of(key) {
			return append(wake, s.waker)
		}
	}
	return wake
}

func (s *selection) size() int { return len(s.chans) }

func (s *selection) ends(es []end) []end {
	for _, c := range s.chans {
		es = endOf(c.selectCase().Chan, c.sends(), es)
	}
	return es
}

func (s *selection) wait(stop *stops) (done bool) {
	if len(s.chans) == 1 {
		defer s.catch(0, &done)
		return s.chans[0].wait(stop)
	}
	i, v, ok, panicked := trySelect(s.selectCases(stop.cases(make([]reflect.SelectCase, 0, numStops+len(s.chans)))))
	switch {
	case panicked:
		return s.probe()
	case i < numStops:
		return false
	}
	s.fire(i-numStops, v, ok)
	return true
}

func (s *selection) selectCases(cs []reflect.SelectCase) []reflect.SelectCase {
	for _, c := range s.chans {
		cs = append(cs, c.selectCase())
	}
	return cs
}

func (s *selection) fire(i int, v reflect.Value, ok bool) {
	s.chosen = i
	s.chans[i].fire(v, ok)
}

func (s *selection) probe() bool {
	for i, c := range s.chans {
		if c.sends() && s.probeOne(i, c) {
			return true
		}
	}
	return false
}

func (s *selection) probeOne(i int, c chanCase) (done bool) {
	defer s.catch(i, &done)
	if done = c.try(nil, nil); done {
		s.chosen = i
	}
	return done
}

// catch keeps the panic of the send i for the task.
func (s *selection) catch(i int, done *bool) {
	if v := recover(); v != nil {
		s.chosen, s.panic, *done = i, v, true
	}
}

func (s *selection) settle(done bool, wake []core.Waker) []core.Waker {
	if done {
		s.place.leave()
		c := s.chans[s.chosen]
		c.number(s.p)
		if s.abandoned {
			wake = c.giveBack(s.p, wake)
		}
	}
	return s.settleOp(done, wake)
}
