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

// This file tells goroutines that are inside a task from others. Goroutines have no names, so it goes by their
// stacks: by functions that are found by their address, and named in full.

// Nested reports whether a blocking call with ctx would block the task that ctx belongs to: ctx is a [Co], or
// was derived from one, whose body has not ended, and the caller is [Inside] a task. Calls that block a
// goroutine answer core.ErrNested then. Elsewhere, such as on a blocking pool, a Co is a context like others.
func Nested(ctx context.Context) bool {
	co, ok := ctx.(*Co)
	if !ok {
		co, ok = ctx.Value(coKey{}).(*Co)
	}
	return ok && !co.over.Load() && Inside()
}

// coKey is the key of the Co itself.
type coKey struct{}

// Inside reports whether the caller is inside a task, so that blocking its goroutine blocks a worker: in the
// poll of a task or the end of one, in a body, or in an iterator that one of them drives through iter.Pull. An
// iterator belongs to the goroutine that called its iter.Pull, as long as that call's function goes on. Inside
// takes about a microsecond, and longer in an iterator, whose goroutine is found by listing all. In also, a
// host names those of its own functions that call tasks ([FuncOf]). Any goroutine.
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

// pollFuncs are the functions that call tasks: each poll, each end on a worker and each body has one of them
// on its stack, and nothing else has.
var pollFuncs = sync.OnceValue(func() (fs []*runtime.Func) {
	for _, f := range []any{
		(*coroutine).serve, (*task.HostView).Run, (*task.HostView).KillOn, (*task.HostView).Panicked, (*task.HostView).Exited,
	} {
		fs = append(fs, FuncOf(f))
	}
	return slices.Clip(fs)
})

// FuncOf returns what the runtime knows of the function f, which is no closure. It is for [Inside] and [Polling].
func FuncOf(f any) *runtime.Func { return runtime.FuncForPC(reflect.ValueOf(f).Pointer()) }

// pulled reports whether a goroutine with this stack was made by iter.Pull, as coroutines are, rather than by a
// go statement.
func pulled(pcs []uintptr) bool { return startOf(pcs) == pullStart() }

// startOf is the function that the goroutine with this stack has begun with.
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

// pullStart is the function that goroutines of iter.Pull begin with.
var pullStart = sync.OnceValue(func() (entry uintptr) {
	next, stop := iter.Pull(func(func(int) bool) {
		var pcs [16]uintptr
		entry = startOf(pcs[:runtime.Callers(1, pcs[:])])
	})
	defer stop()
	next()
	return entry
})

// pulledInside is Inside for a goroutine that iter.Pull has made: it looks at the one that called iter.Pull.
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

// Polling returns the stacks of the goroutines that poll at this moment, out of stacks, which is a list of all
// by runtime.Stack: coroutines that are not suspended, and workers that do not wait for one. In a process with
// several runtimes it returns those of all runtimes. Any goroutine.
func Polling(stacks []byte) (polling [][]byte) {
	for _, s := range parseStacks(stacks) {
		if s.below(pollFuncs()) && !s.suspended() {
			polling = append(polling, s)
		}
	}
	return polling
}

// A stack is that of one goroutine as the runtime prints it:
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

// id is the goroutine's number.
func (s stack) id() []byte {
	head, _ := bytes.CutPrefix(s, []byte("goroutine "))
	id, _, _ := bytes.Cut(head, []byte(" "))
	return id
}

// suspended reports whether the goroutine has switched to another, to wait for it.
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

// pulledBy is the number of the goroutine that has made this one with iter.Pull.
func (s stack) pulledBy() (id []byte, ok bool) {
	i := bytes.LastIndex(s, []byte("\ncreated by iter.Pull"))
	if i < 0 {
		return nil, false
	}
	line, _, _ := bytes.Cut(s[i+1:], []byte("\n"))
	_, id, ok = bytes.Cut(line, []byte(" in goroutine "))
	return id, ok
}
