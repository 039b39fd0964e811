package coro

import (
	"errors"
	"io"
	"sync/atomic"

	"github.com/moduvex/moduvex-go/core/task"
)

// NewOwning is [New] for a body that takes r over, so that r has an owner at every moment. From its first line on
// the body owns r and closes it, most often with a defer. If the body never begins, because a host refuses the
// task, the goroutine that gives the task up closes r, once, and discards the error of that Close. [Closers] pass
// several resources at once.
func NewOwning[T any](r io.Closer, body func(co *Co) (T, error)) *task.Slot[T] {
	if body == nil {
		panic("coro: NewOwning of a nil body")
	}
	return newOwningCell[T](r, valueBody[T](body))
}

// NewDoOwning is [NewOwning] for a body that returns an error only, as [NewDo] is [New].
func NewDoOwning[T any](r io.Closer, body func(co *Co) error) *task.Slot[T] {
	if body == nil {
		panic("coro: NewDoOwning of a nil body")
	}
	return newOwningCell[T](r, errorBody[T](body))
}

// NewCallingOwning is [NewOwning] for a body that calls fn, as [NewCalling] is [New].
func NewCallingOwning[T any](r io.Closer, fn any, body func(co *Co) (T, error)) *task.Slot[T] {
	if body == nil {
		panic("coro: NewCallingOwning of a nil body")
	}
	return newOwningCell[T](r, callingBody[T]{body, pcOf(fn)})
}

// Closers are closed together, the last one first. They pass several resources to one body.
type Closers []io.Closer

// Close closes all, also if one fails, and returns the joined errors.
func (cs Closers) Close() error {
	var errs []error
	for i := len(cs) - 1; i >= 0; i-- {
		errs = append(errs, cs[i].Close())
	}
	return errors.Join(errs...)
}

// An owningCell is a cell with the resource that its body is to take.
type owningCell[T any, B body[T]] struct {
	cell[T, owningBody[T, B]]
	owner owner
}

func newOwningCell[T any, B body[T]](r io.Closer, b B) *task.Slot[T] {
	c := &owningCell[T, B]{owner: newOwner(r)}
	c.prepare(owningBody[T, B]{b, &c.owner})
	c.Init(c)
	return &c.Slot
}

// Drop closes the resource of a body that never begins.
func (c *owningCell[T, B]) Drop() {
	defer c.owner.close()
	c.cell.Drop()
}

// An owner is a resource on its way to a body. While a host closes, the body may begin although the host refuses its
// spawner: the first of the two that takes the resource owns it.
type owner struct {
	r     io.Closer
	taken atomic.Bool
}

func newOwner(r io.Closer) owner {
	if r == nil {
		panic("coro: a body that owns nothing: the Closer is nil")
	}
	return owner{r: r}
}

// take takes the resource, and reports whether the caller is the first to do so.
func (o *owner) take() bool { return o.taken.CompareAndSwap(false, true) }

// close closes the resource if no body has taken it.
func (o *owner) close() {
	if o.take() {
		r := o.r
		o.r = nil
		_ = r.Close()
	}
}
