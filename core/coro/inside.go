package coro

import (
	"bytes"
	"context"
	"iter"
	"reflect"
	"runtime"
	"slices"
	"sync"

	"github.com/moduvex/moduvex-go/core/task"
)

// This file tells goroutines that are inside a task from others, by the functions on their stacks. It finds the
// functions by their address, so a rename changes nothing, and compares their full names, so no function of a user's
// matches.

// Nested reports whether a blocking call with ctx would block the task that ctx belongs to: ctx is a [Co], or is derived
// from one, whose body has not ended, and the caller is [Inside] a task. Calls that block a goroutine return
// core.ErrNested then. On other goroutines, such as those of a blocking pool, a Co is an ordinary context.
func Nested(ctx context.Context) bool {
	co, ok := ctx.(*Co)
	if !ok {
		co, ok = ctx.Value(coKey{}).(*Co)
	}
	return ok && !co.over.Load() && Inside()
}

// coKey is the key of the Co itself.
type coKey struct{}

// Inside reports whether the caller is inside a task, so that blocking its goroutine blocks a worker: in the poll or the
// end of a task, in a body, or in an iterator that one of them drives through iter.Pull. An iterator belongs to the
// goroutine that has called its iter.Pull, as long as the function with that call runs. Inside takes about a
// microsecond; in an iterator it takes longer, since it lists all goroutines. A host passes in also its functions that
// call tasks ([FuncOf]). Any goroutine.
func Inside(also ...*runtime.Func) bool {
	pcs := make([]uintptr, 64)
	n := runtime.Callers(2, pcs)
	for n == len(pcs) {
		pcs = make([]uintptr, 2*len(pcs))
		n = runtime.Callers(2, pcs)
	}
	pcs = pcs[:n]
	roots := append(pollFuncs(), also...)
	frames := runtime.CallersFrames(pcs)
	for {
		f, more := frames.Next()
		if slices.ContainsFunc(roots, func(r *runtime.Func) bool { return r.Name() == f.Function }) {
			return true
		}
		if !more {
			break
		}
	}
	return pulled(pcs) && pulledInside(roots)
}

// pollFuncs are the functions that call tasks: a stack has one of them exactly if it is in a poll, in an end on a worker,
// or in a body.
var pollFuncs = sync.OnceValue(func() (fs []*runtime.Func) {
	for _, f := range []any{
		(*cell[int, valueBody[int]]).run, (*task.HostView).Run, (*task.HostView).KillOn, (*task.HostView).Panicked, (*task.HostView).Exited,
	} {
		fs = append(fs, FuncOf(f))
	}
	return slices.Clip(fs)
})

// FuncOf returns the runtime's description of the function f, which must be no closure. It is for [Inside].
func FuncOf(f any) *runtime.Func { return runtime.FuncForPC(reflect.ValueOf(f).Pointer()) }

// pulled reports whether the goroutine with this stack was made by iter.Pull, as coroutines are, and not by a go
// statement.
func pulled(pcs []uintptr) bool { return startOf(pcs) == pullStart() }

// startOf returns the entry of the function that the goroutine with this stack began with.
func startOf(pcs []uintptr) uintptr {
	if len(pcs) < 2 {
		return 0
	}
	f := runtime.FuncForPC(pcs[len(pcs)-2] - 1) // a return address; the last is that of the runtime's goexit
	if f == nil {
		return 0
	}
	return f.Entry()
}

// pullStart returns the entry of the function that goroutines of iter.Pull begin with.
var pullStart = sync.OnceValue(func() (entry uintptr) {
	next, stop := iter.Pull(func(func(int) bool) {
		var pcs [16]uintptr
		entry = startOf(pcs[:runtime.Callers(1, pcs[:])])
	})
	defer stop()
	next()
	return entry
})

// pulledInside is Inside for a goroutine that iter.Pull has made: it checks the goroutine that called iter.Pull.
func pulledInside(roots []*runtime.Func) bool {
	all := parseStacks(allStacks())
	for s := all[0]; ; { // the caller's comes first
		parent, ok := s.pulledBy()
		i := slices.IndexFunc(all, func(s stack) bool { return bytes.Equal(s.id(), parent) })
		if !ok || i < 0 {
			return false
		}
		if s = all[i]; s.below(roots) {
			return true
		}
	}
}

// maxStacks bounds the text of all stacks.
const maxStacks = 64 << 20

func allStacks() []byte {
	buf := make([]byte, 1<<16)
	for {
		n := runtime.Stack(buf, true)
		if n < len(buf) || len(buf) >= maxStacks {
			return buf[:n]
		}
		buf = make([]byte, 4*len(buf))
	}
}

// Polling returns the stacks of the goroutines that poll at this moment: coroutines that are not suspended, and workers
// that do not wait for one. stacks is the output of runtime.Stack for all goroutines. In a process with several runtimes
// the result has the goroutines of all of them. Any goroutine.
func Polling(stacks []byte) (polling [][]byte) {
	for _, s := range parseStacks(stacks) {
		if s.below(pollFuncs()) && !s.suspended() {
			polling = append(polling, s)
		}
	}
	return polling
}

// Suspended returns the stacks of the goroutines that have switched to another one and wait for it: suspended bodies and
// their iterators, idle coroutines, and workers whose bodies run. stacks is as for [Polling]. Any goroutine.
func Suspended(stacks []byte) (suspended [][]byte) {
	for _, s := range parseStacks(stacks) {
		if s.suspended() {
			suspended = append(suspended, s)
		}
	}
	return suspended
}

// A stack is the stack of one goroutine, as the runtime prints it:
//
//	goroutine 7 [running]:
//	main.f(0x1)
//		/main.go:18 +0x145
//	created by iter.Pull[...] in goroutine 1
//		/iter.go:271 +0x90
type stack []byte

func parseStacks(text []byte) (ss []stack) {
	for _, s := range bytes.Split(bytes.TrimSpace(text), []byte("\n\n")) {
		ss = append(ss, s)
	}
	return ss
}

// id returns the goroutine's number.
func (s stack) id() []byte {
	head, _ := bytes.CutPrefix(s, []byte("goroutine "))
	id, _, _ := bytes.Cut(head, []byte(" "))
	return id
}

// suspended reports whether the goroutine has switched to another goroutine and waits for it.
func (s stack) suspended() bool {
	head, _, _ := bytes.Cut(s, []byte("\n"))
	return bytes.Contains(head, []byte("[coroutine"))
}

// below reports whether one of the functions is on the stack.
func (s stack) below(fs []*runtime.Func) bool {
	return slices.ContainsFunc(fs, func(f *runtime.Func) bool {
		return bytes.Contains(s, []byte("\n"+f.Name()+"("))
	})
}

// pulledBy returns the number of the goroutine that has made this one with iter.Pull.
func (s stack) pulledBy() (id []byte, ok bool) {
	i := bytes.LastIndex(s, []byte("\ncreated by iter.Pull"))
	if i < 0 {
		return nil, false
	}
	line, _, _ := bytes.Cut(s[i+1:], []byte("\n"))
	_, id, ok = bytes.Cut(line, []byte(" in goroutine "))
	return id, ok
}
