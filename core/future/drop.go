package future

import "github.com/moduvex/moduvex-go/core"

const polledAgain = "future: polled after it completed"

// dropChild drops the child in *f, if there still is one. It clears *f first, so that a child whose
// Drop panics is not dropped again.
func dropChild[T any](f *core.Future[T]) {
	child := *f
	*f = nil
	core.Drop(child)
}

// dropChildren drops the children that are left in fs. If a Drop panics, the children behind it are dropped while
// the panic passes.
func dropChildren[T any](fs []core.Future[T]) {
	defer func() {
		if len(fs) > 0 {
			dropChildren(fs)
		}
	}()
	for len(fs) > 0 {
		f := &fs[0]
		fs = fs[1:]
		dropChild(f)
	}
}
