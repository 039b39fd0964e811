package executor

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"

	"github.com/moduvex/moduvex-go/core/coro"
)

// This file finds out, from the stacks of all goroutines, which of them holds a worker, what blocks it, and, if that is a
// lock, which suspended task is likely to hold it. A stack does not tell what holds a lock: the conclusion from the names
// of the functions is a guess, good enough for a message.

// diagnose fills in what the stacks of all goroutines say of a poll on w. elsewhere are goroutines that hold other workers.
// It returns the goroutine of the poll if that is blocked, and 0 otherwise.
func (p *LongPoll) diagnose(all []byte, w *worker, elsewhere []uint64) (blocked uint64) {
	polls := pollsOn(w, all)
	polls = slices.DeleteFunc(polls, func(s stack) bool { return slices.Contains(elsewhere, s.id()) })
	if some := slices.DeleteFunc(slices.Clone(polls), func(s stack) bool { return s.blocked() == "" }); len(some) > 0 {
		polls = some // one that computes may end at any moment
	}
	p.Stack = joined(polls)
	if len(polls) == 0 {
		return 0
	}
	p.Blocked = polls[0].blocked()
	for _, s := range polls[1:] {
		if s.blocked() != p.Blocked {
			p.Blocked = ""
		}
	}
	if slices.Contains(locks, p.Blocked) {
		p.Holders = joined(likelyHolders(polls, all))
	}
	if p.Blocked != "" && len(polls) == 1 {
		return polls[0].id()
	}
	return 0
}

// joined returns the text of stacks, or nil if there is none.
func joined(ss []stack) []byte {
	if len(ss) == 0 {
		return nil
	}
	var text [][]byte
	for _, s := range ss {
		text = append(text, s)
	}
	return bytes.Join(text, []byte("\n\n"))
}

// pollsOn returns the goroutines that may poll on w: its own, if no coroutine does; else the coroutines that it has made,
// where they do not move; else all that poll and are of no worker.
func pollsOn(w *worker, all []byte) (polls []stack) {
	main := coro.FuncOf((*worker).run).Name() + "("
	own := []byte(fmt.Sprintf("\n%s%p", main, w))
	for _, s := range coro.Polling(all) {
		if bytes.Contains(s, own) {
			return []stack{s}
		}
		if !bytes.Contains(s, []byte("\n"+main)) {
			polls = append(polls, s)
		}
	}
	if w.rt.opts.Scheduling == WorkStealing {
		return polls
	}
	for _, s := range coro.Suspended(all) {
		if !bytes.Contains(s, own) {
			continue
		}
		id := stack(s).id()
		if made := slices.DeleteFunc(slices.Clone(polls), func(s stack) bool { return s.maker() != id }); len(made) > 0 {
			return made
		}
	}
	return polls
}

// waits are the states in which the code of a goroutine has blocked it, as package runtime names them.
var waits = []string{
	"chan receive", "chan receive (nil chan)", "chan send", "chan send (nil chan)", "select", "select (no cases)",
	"sleep", "IO wait", "syscall", "semacquire", "sync.Cond.Wait", "sync.WaitGroup.Wait",
	"sync.Mutex.Lock", "sync.RWMutex.Lock", "sync.RWMutex.RLock",
}

// locks are the waits that end when a task unlocks.
var locks = []string{"sync.Mutex.Lock", "sync.RWMutex.Lock", "sync.RWMutex.RLock"}

// A stack is the stack of one goroutine, as package runtime prints it.
type stack []byte

// id returns the number of the goroutine.
func (s stack) id() uint64 {
	head, _ := bytes.CutPrefix(s, []byte("goroutine "))
	digits, _, _ := bytes.Cut(head, []byte(" "))
	return parseID(digits)
}

// maker returns the number of the goroutine that has made this one, or 0.
func (s stack) maker() uint64 {
	i := bytes.LastIndex(s, []byte("\ncreated by "))
	if i < 0 {
		return 0
	}
	line, _, _ := bytes.Cut(s[i+1:], []byte("\n"))
	_, digits, _ := bytes.Cut(line, []byte(" in goroutine "))
	return parseID(digits)
}

func parseID(digits []byte) uint64 {
	id, _ := strconv.ParseUint(string(digits), 10, 64)
	return id
}

// blocked returns the one of waits that the goroutine is in, or "". The first line is such as
// "goroutine 7 [chan receive, 2 minutes, locked to thread]:".
func (s stack) blocked() string {
	head, _, _ := bytes.Cut(s, []byte("\n"))
	_, state, _ := bytes.Cut(head, []byte("["))
	if i := bytes.IndexAny(state, ",]"); i >= 0 {
		state = state[:i]
	}
	for _, mark := range []string{" (scan)", " (durable)", " (leaked)"} {
		state = bytes.TrimSuffix(state, []byte(mark))
	}
	if i := slices.Index(waits, string(state)); i >= 0 {
		return waits[i]
	}
	return ""
}
