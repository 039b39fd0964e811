package future

import "github.com/moduvex/moduvex-go/core"

const polledAgain = "future: polled after it had answered"

// giveUp drops the child in *f, if there still is one. It forgets it first, so that a child whose
// Drop panics has had its one call.
func giveUp[T any](f *core.Future[T]) {
	child := *f
	*f = nil
	core.Drop(child)
}

// giveUpAll drops the children that are left in fs. A Drop that panics does not keep the others
// from theirs: they get it while the panic passes.
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
