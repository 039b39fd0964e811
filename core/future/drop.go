package future

import "github.com/moduvex/moduvex-go/core"

const polledAgain = "future: polled after it completed"

// giveUp drops the child in *f, if there still is one. It clears *f first, so that a child whose
// Drop panics is not dropped again.
func giveUp[T any](f *core.Future[T]) {
	child := *f
	*f = nil
	core.Drop(child)
}

// giveUpAll drops the children that are left in fs. If a Drop panics, the children behind it are dropped while
// the panic passes.
func giveUpAll[T any](fs []core.Future[T]) {
	defer func() {
		if len(fs) > 0 {
			giveUpAll(fs)
		}
	}()
	for len(fs) > 0 {
		f := &fs[0]
		fs = fs[1:]
		giveUp(f)
	}
}
