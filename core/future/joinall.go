package future

import (
	"fmt"
	"slices"

	"github.com/moduvex/moduvex-go/core"
)

// few is the largest number of children of which a JoinAll polls all. Up to few, that costs no more than to
// track which child was woken, and the children keep the waker of the task.
const few = 16

// JoinAll returns a future that completes when all of fs have, with their values in the order of
// fs. Without any fs it completes at once, with an empty slice. Of many fs it polls again only those that were
// woken, in no defined order, as long as the budget lasts. Drop drops those that are
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

// cloneOf copies the arguments of the combinator name. It panics if one of them is nil.
func cloneOf[T any](name string, fs []core.Future[T]) []core.Future[T] {
	for i, f := range fs {
		if f == nil {
			panic(fmt.Sprintf("future: %s with a nil Future at index %d", name, i))
		}
	}
	return slices.Clone(fs)
}

// joinAll is the common part of joinFew and joinMany.
type joinAll[T any] struct {
	children []core.Future[T] // each is nil once it has completed
	values   []T              // nil once Poll has returned them
	left     int              // children that have not completed
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

// result returns the values, and true, if all children have completed.
func (j *joinAll[T]) result() ([]T, bool) {
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
	dropChildren(children)
}

type joinFew[T any] struct {
	joinAll[T]
	rotation
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
	return j.result()
}

// A joinMany polls the children that were woken. When the budget is spent, it leaves the rest of them
// to the next poll, which begins with these: so children that are woken all the time starve no other.
type joinMany[T any] struct {
	joinAll[T]
	woken *wokenSet
	rest  *childWaker // removed from woken, and not polled yet
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
			if taken { // a child that was woken meanwhile has woken the task
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
	values, ok := j.result()
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
