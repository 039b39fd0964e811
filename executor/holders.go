package executor

import (
	"bytes"
	"slices"
	"strings"

	"github.com/moduvex/moduvex-go/core/coro"
)

// maxHolders is how many suspended tasks a report names that may hold a lock: more of them would hide the one that does.
const maxHolders = 4

// likelyHolders returns the suspended goroutines that are the most likely to hold a lock which one of blocked waits for.
//
//	likeness  the suspended goroutine has on its stack
//	3         a method of the value whose method has called Lock
//	2         the function that has called Lock, with a receiver that the stack does not show
//	1         another method of that type, or another function literal of that function, likewise
//	0         nothing of that, or methods of other values of the type
func likelyHolders(blocked []stack, all []byte) (holders []stack) {
	best := 1
	for _, s := range coro.Suspended(all) {
		likeness := 0
		for _, b := range blocked {
			likeness = max(likeness, stack(s).likeness(stack(b).locker()))
		}
		if likeness > best {
			best, holders = likeness, nil
		}
		if likeness == best && len(holders) < maxHolders {
			holders = append(holders, s)
		}
	}
	return holders
}

// likeness returns the likeness of f, which may be the zero frame, and the frame of s that is the most like it.
func (s stack) likeness(f frame) (likeness int) {
	if f.name == "" {
		return 0
	}
	for g := range s.frames {
		likeness = max(likeness, f.likeness(g))
	}
	return likeness
}

// locker returns the function that has called the lock which s waits for: the first one that is not of the packages that
// locks are made of.
func (s stack) locker() (locker frame) {
	for f := range s.frames {
		if !slices.ContainsFunc([]string{"sync.", "internal/sync.", "runtime."}, func(p string) bool { return strings.HasPrefix(f.name, p) }) {
			return f
		}
	}
	return frame{}
}

// A frame is a function on a stack: "net.(*Conn).Read(0xc000012345, {...})" has the name "net.(*Conn).Read" and the first
// argument "0xc000012345".
type frame struct {
	name string
	arg  string // "" if the stack does not show it, or is not sure: "0xc000012345?", "..." for an inlined function
}

// frames ranges over the functions of s, the innermost first.
func (s stack) frames(yield func(frame) bool) {
	_, rest, _ := bytes.Cut(s, []byte("\n"))
	for line := range bytes.Lines(rest) {
		text := strings.TrimSuffix(string(line), "\n")
		if strings.HasPrefix(text, "created by ") {
			return
		}
		i := strings.LastIndexByte(text, '(')
		if strings.HasPrefix(text, "\t") || i < 0 {
			continue
		}
		f := frame{name: text[:i]}
		if arg := text[i+1:]; strings.HasPrefix(arg, "0x") {
			if end := strings.IndexAny(arg, ",)?"); end > 0 && arg[end] != '?' {
				f.arg = arg[:end]
			}
		}
		if !yield(f) {
			return
		}
	}
}

// likeness is that of a frame f which has called Lock and the frame g of a goroutine that is suspended: see likelyHolders.
func (f frame) likeness(g frame) int {
	scope := f.scope()
	if scope != g.scope() {
		return 0
	}
	if method := strings.HasSuffix(scope, ")"); method && f.arg != "" && g.arg != "" {
		if f.arg == g.arg {
			return 3
		}
		return 0
	}
	if f.name == g.name {
		return 2
	}
	return 1
}

// scope returns the part of the name that methods of one type, or a function and its literals, have in common:
// "net.(*Conn)" of "net.(*Conn).Read", and "main.serve" of "main.serve.func1".
func (f frame) scope() string {
	folder := strings.LastIndexByte(f.name, '/') + 1
	pkg, rest, _ := strings.Cut(f.name[folder:], ".")
	if strings.HasPrefix(rest, "(*") {
		rest, _, _ = strings.Cut(rest, ")")
		return f.name[:folder] + pkg + "." + rest + ")"
	}
	rest, _, _ = strings.Cut(rest, ".")
	return f.name[:folder] + pkg + "." + rest
}
