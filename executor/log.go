package executor

import (
	"bytes"
	"fmt"
	"runtime/debug"
	"strings"
	"sync"

	"github.com/moduvex/moduvex-go/core/task"
)

// The attributes of a line in the log are short, so that the line can be read: the task, its name if it has one, and
// the place in the program; the stack is the last.

// logPanic logs a panic that no join reports.
func (rt *Runtime) logPanic(what string, info TaskInfo, err *task.PanicError) {
	args := append(info.attrs(), "at", placeIn(afterPanic(err.Stack), mainModule()), "value", fmt.Sprint(err.Value))
	if err.InDrop != nil {
		args = append(args, "in_drop", err.InDrop.Error())
	}
	rt.opts.Logger.Error(what, append(args, "stack", string(err.Stack))...)
}

// logLongPoll logs a poll that holds its worker.
func (rt *Runtime) logLongPoll(p LongPoll) {
	what := "executor: a poll holds its worker"
	args := append(p.Task.attrs(), "for", p.For)
	if p.Stack != nil {
		args = append(args, "at", placeIn(p.Stack, mainModule()))
	}
	switch {
	case p.Blocked == "":
	case p.Holders != nil:
		what = "executor: the task blocks its worker in " + p.Blocked + ": a suspended task is likely to hold the lock"
		args = append(args, "held_at", placeIn(p.Holders, mainModule()))
	default:
		what = "executor: the task blocks its worker in " + p.Blocked + remedy(p.Blocked)
	}
	if p.Stack != nil {
		args = append(args, "stack", string(p.Stack))
	}
	if p.Holders != nil {
		args = append(args, "holders", string(p.Holders))
	}
	rt.opts.Logger.Warn(what, args...)
}

// remedy says what a task does in place of what blocks it, if that is known.
func remedy(blocked string) string {
	switch blocked {
	case "sleep":
		return ": use coro.Sleep"
	case "chan receive", "chan send", "select":
		return ": use compat/gochan, or executor.Blocking"
	case "IO wait", "syscall":
		return ": use executor.Blocking"
	}
	return ""
}

// afterPanic returns the part of the stack of a recovered panic that begins below the latest call of panic. It is
// the whole stack if there is none: a Goexit.
func afterPanic(stack []byte) []byte {
	_, rest, ok := bytes.Cut(stack, []byte("\npanic("))
	if !ok {
		return stack
	}
	_, rest, _ = bytes.Cut(rest, []byte("\n")) // the line of its file follows, which no function line precedes
	return rest
}

// placeIn returns where the program is, in a stack in the format of package runtime: "folder/file.go:7" of the first
// function that is not of the standard library and not of this runtime, or of the first one at all; or "". module is the
// path of the module that the program is from.
func placeIn(stack []byte, module string) string {
	first, function := "", ""
	for line := range strings.Lines(string(stack)) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "created by ") {
			break
		}
		file, isFile := strings.CutPrefix(line, "\t")
		if !isFile {
			function = line
			continue
		}
		if function == "" {
			continue
		}
		place := shortPlace(file)
		if isUsers(function, module) {
			return place
		}
		if first == "" {
			first = place
		}
	}
	return first
}

// isUsers reports whether a function, as a stack shows it, is of the program that uses this runtime. The path of a
// package of the standard library has no dot in its first element. Nor has "main", and the module of the program may
// have none either.
func isUsers(function, module string) bool {
	if strings.HasPrefix(function, "main.") || isIn(module, function) {
		return true
	}
	domain, _, hasPath := strings.Cut(function, "/")
	return hasPath && strings.Contains(domain, ".") && !isOurs(function) && !strings.HasPrefix(function, systemCalls)
}

// systemCalls are the packages that this project calls the system with. A function of a program that calls them itself
// follows them in the stack.
const systemCalls = "golang.org/x/sys/"

// isIn reports whether a function is in the module of this path, which has no dot in its first element: a path with
// one says enough by itself.
func isIn(module, function string) bool {
	domain, _, _ := strings.Cut(module, "/")
	rest, ok := strings.CutPrefix(function, module)
	return ok && module != "" && !strings.Contains(domain, ".") &&
		(strings.HasPrefix(rest, "/") || strings.HasPrefix(rest, "."))
}

// mainModule returns the path of the module that the program is from, or "" if that is not known.
var mainModule = sync.OnceValue(func() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	return info.Main.Path
})

// isOurs reports whether a function is of this project. The tests of its packages are not: they are users.
func isOurs(function string) bool {
	rest, ok := strings.CutPrefix(function, modulePath)
	if !ok {
		return false
	}
	folder := strings.LastIndexByte(rest, '/') + 1
	name, _, _ := strings.Cut(rest[folder:], ".")
	return !strings.HasSuffix(name, "_test")
}

// shortPlace shortens "/path/to/folder/file.go:7 +0x1d" to "folder/file.go:7".
func shortPlace(file string) string {
	file, _, _ = strings.Cut(file, " +0x")
	if i := strings.LastIndexByte(file, '/'); i > 0 {
		file = file[strings.LastIndexByte(file[:i], '/')+1:]
	}
	return file
}
