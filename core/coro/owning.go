package coro

import (
	"errors"
	"io"
	"sync/atomic"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/task"
)

// NewOwning is [New] for a body that takes r over. r has an owner at every moment: from its first line on it is
// the body's, which closes it, most often with a defer. If the body never begins, because a host refuses the
// task, r is closed in its place, once, by the goroutine that gives the task up; the error of that is lost.
// Several things are handed over as [Closers].
func NewOwning[T any](r io.Closer, body func(co *Co) (T, error)) *task.Slot[T] {
	if body == nil {
		panic("coro: NewOwning of a nil body")
	}
	c := &owning[T]{owner: newOwner(r)}
	c.prepare(owned(&c.owner, body))
	c.Init(c)
	return &c.Slot
}

// Closers are closed together, the last one first.
type Closers []io.Closer

// Close closes all of them, whatever it comes to for one, and returns the errors, joined.
func (cs Closers) Close() error {
	var errs []error
	for i := len(cs) - 1; i >= 0; i-- {
		errs = append(errs, cs[i].Close())
	}
	return errors.Join(errs...)
}

type owning[T any] struct {
	cell[T]
	owner owner
}

func (c *owning[T]) Drop() {
	defer c.owner.close()
	c.cell.Drop()
}

// An owner is a resource on its way to a body. A spawner may be refused while the host, which closes, gives the
// same task up and lets its body begin: the one that takes the resource first has it.
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

// take reports whether the caller is the one that has the resource from now on.
func (o *owner) take() bool { return o.taken.CompareAndSwap(false, true) }

// close closes the resource if no body has taken it.
func (o *owner) close() {
	if o.take() {
		r := o.r
		o.r = nil
		_ = r.Close()
	}
}

// owned is body with the resource of o.
func owned[T any](o *owner, body func(co *Co) (T, error)) func(co *Co) (T, error) {
	return func(co *Co) (value T, err error) {
		if !o.take() {
			return value, core.ErrShutdown
		}
		o.r = nil
		return body(co)
	}
}
