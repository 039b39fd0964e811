// Package covet provides the checks of command covet: analyzers for programs that use moduvex-go.
//
//	coctx       a context that is derived from a Co and bounds no await of its function
//	coescape    a Co that another goroutine or another task awaits with
//	conested    a call that blocks a goroutine, in a task: it returns core.ErrNested
//	rangeerr    a range over values and errors that drops the errors
//	droptask    a task that nothing waits for where its end is certain to be lost; a future that nothing polls
//	copytimer   a copy of a timer, or of another type that must not be copied
//
// A check reports what is certain from the code of one function, and nothing else: a check that is wrong once in a
// hundred times is switched off by those who run it. So a Co in a variable of type any, or a literal that is called
// through a variable, passes. The tests run all checks over the modules of this repository, where they are silent.
//
// The checks know functions and types by the paths of their packages, and import none of them.
package covet

import "golang.org/x/tools/go/analysis"

// Analyzers returns the checks, the most important one first. Any goroutine.
func Analyzers() []*analysis.Analyzer {
	return []*analysis.Analyzer{CoCtx, CoEscape, CoNested, RangeErr, DropTask, CopyTimer}
}
