package coro

import (
	"runtime"

	"github.com/moduvex/moduvex-go/core/task"
)

// This file detects uses of a Co by a goroutine that is not the body's.
//
// If a foreign goroutine awaits with a Co, it parks where the body should, and the worker and the body run at the same
// time. An exact check costs more than an await, so there are five checks:
//
//   - Always: the body is suspended or over.
//   - Always, at the next await of the body or at its end: a foreign goroutine has awaited. The body ends then, but what
//     it did since then it has done beside the worker.
//   - Always, at every 2048th use: the goroutine was made by a go statement, which the function that it begins with
//     shows. An iterator that the body drives through iter.Pull passes, and may await; so does the body of another
//     task.
//   - With [PoolOptions].CheckUses, at every use: the goroutine is neither that of the body's coroutine nor that of an
//     iterator which the body has made. This is exact.
//   - Under the race detector: each use writes to the coroutine, so the body's use and a foreign one race.

const (
	textOutside   = "coro: a Co was used outside its body: by another task (a child uses its own Co), from another goroutine, or after the end"
	textForeign   = "coro: a Co was used from a goroutine that is not its body's"
	textExchanged = "coro: a goroutine that is not the body's has awaited with the body's Co"
	textOther     = "coro: a Co was used by the body of another task, which has one of its own"
)

// assertOwner panics if it finds that the caller is not the body.
func (s *bodyState) assertOwner() {
	c := s.coroutine
	if c == nil {
		panic(textOutside)
	}
	c.uses++ // before the state is read: for the race detector
	if s.task.State() != task.Running && !s.dropping {
		panic(textOutside)
	}
	if c.uses&c.checkMask == 0 {
		s.checkUse(c)
	}
}

// useSample is the number of uses for one check of the stack, which adds some tenths of a ns to each use. It is a power of two, and a
// mask of it fits coroutine.checkMask.
const useSample = 2048

// maxStack is how many frames checkUse reads. On a deeper stack it does not see the start of the goroutine, and accepts
// the use.
const maxStack = 64

// checkUse panics if it finds that the caller's goroutine is not the body's.
//
//go:noinline
func (s *bodyState) checkUse(c *coroutine) {
	if c.checkMask == 0 {
		c.extras.options.checks.check()
		return
	}
	pcs := c.pool.pcs[:] // of the worker that polls: so the scratch has one user at a time
	if n := runtime.Callers(1, pcs); n < len(pcs) && !pulled(pcs[:n]) {
		panic(textForeign)
	}
}

// exactChecks are the checks of CheckUses for one coroutine.
type exactChecks struct{ bodyGoroutine }

func (c *exactChecks) check() {
	if text, _ := c.refusal(); text != "" {
		panic(text)
	}
}

func bodyFunc() []*runtime.Func { return pollFuncs()[:1] }

// takeBack parks c in the berth where a foreign goroutine is parked, which has awaited in the place of c's body: the worker
// has gone on without the body, which has ended now. That resumes the foreign goroutine, which panics: see back. takeBack
// returns when the task is polled again. c does not end, since any other party may be parked in its own berth.
func (c *coroutine) takeBack(s *bodyState) {
	if s.result != task.Panicked {
		c.job.crashed(task.NewPanicError(textExchanged))
	}
	c.exchanged = true
	c.at.nexted = !c.at.nexted
	c.at.swap()
	c.resumed()
}
