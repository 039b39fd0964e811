package future

import (
	"fmt"
	"slices"

	"github.com/moduvex/moduvex-go/core"
)

// few is how many children a JoinAll polls all at once. Up to here that costs no more than to
// keep account of who was woken, and the children keep the waker of the task.
const few = 16

// JoinAll returns a future that answers when all of fs have, with their values in the order of
// fs: an empty slice, at once, if there are none. With many fs only those that were woken are
// polled again, as long as the budget lasts; in which order is not defined. Drop drops those that are
// pending. A nil future among fs panics.
//
// JoinAll copies fs and does not keep it.
func JoinAll[T any](fs []core.Future[T]) core.Future[[]T] {
	j := joinAll[T]{
		children: cloneOf("JoinAll", fs),
		values:   make([]T, len(fs)),
		left:     len(fs),
	}
	if len(fs) <= few {
		return &joinFew[T]{joinAll: j}
	}
	return &joinMany[T]{joinAll: j, woken: newWokenSet(len(fs))}
}

// cloneOf copies the arguments of the combinator of that name, none of which may be nil.
func cloneOf[T any](name string, fs []core.Future[T]) []core.Future[T] {
	for i, f := range fs {
		if f == nil {
			panic(fmt.Sprintf("future: %s with a nil Future at index %d", name, i))
		}
	}
	return slices.Clone(fs)
}

// joinAll is what both kinds have in common.
type joinAll[T any] struct {
	children []core.Future[T] // each is nil once it has answered
	values   []T              // nil once they have been answered
	left     int              // children that have not answered
}

// poll polls child i, if it is pending.
func (j *joinAll[T]) poll(cx *core.Context, i int) {
	if j.children[i] == nil {
		return
	}
	if v, ok := j.children[i].Poll(cx); ok {
		j.children[i], j.values[i] = nil, v
		j.left--
	}
}

func (j *joinAll[T]) answer() ([]T, bool) {
	if j.left > 0 {
		return nil, false
	}
	values := j.values
	j.children, j.values = nil, nil
	return values, true
}

func (j *joinAll[T]) Drop() {
	children := j.children
	j.children, j.values = nil, nil
	giveUpAll(children)
}

type joinFew[T any] struct {
	joinAll[T]
	turns
}

func (j *joinFew[T]) Poll(cx *core.Context) ([]T, bool) {
	if j.values == nil {
		panic(polledAgain)
	}
	i := j.begin(cx)
	for range j.children {
		if j.children[i] != nil {
			j.reach(cx, i)
			j.poll(cx, i)
		}
		if i++; i == len(j.children) {
			i = 0
		}
	}
	return j.answer()
}

// A joinMany polls the children that were woken. When the budget is spent it leaves the rest of them
// to the next poll, which begins with these: so none is starved by others that are woken all the time.
type joinMany[T any] struct {
	joinAll[T]
	woken *wokenSet
	rest  *childWaker // taken out of woken, and not polled yet
}

func (j *joinMany[T]) Poll(cx *core.Context) ([]T, bool) {
	if j.values == nil {
		panic(polledAgain)
	}
	outer := cx.Waker()
	defer cx.SwapWaker(outer)
	j.woken.setOuter(outer)
	for taken := false; ; {
		if j.rest == nil {
			if taken { // what was woken meanwhile wakes the task
				break
			}
			taken = true
			if j.rest = j.woken.takeAll(); j.rest == nil {
				break
			}
		}
		if cx.Budget() == 0 {
			cx.SwapWaker(outer)
			cx.Spend() // which yields
			break
		}
		child := j.rest
		j.rest = child.leave()
		cx.SwapWaker(child)
		j.poll(cx, int(child.index))
	}
	values, ok := j.answer()
	if ok {
		j.rest = nil
		j.woken.close()
	}
	return values, ok
}

func (j *joinMany[T]) Drop() {
	j.rest = nil
	j.woken.close()
	j.joinAll.Drop()
}
