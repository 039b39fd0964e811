package runq

import (
	"math/bits"
	"sync/atomic"
)

// This file owns the word that says which workers sleep and how many search, where workers steal. Workers that only
// ever have their own tasks need no such word: their inbox wakes them.
//
// A worker is in one of three states:
//
//	            work                       found
//	asleep ─────────────→ searching ─────────────────→ working
//	  ↑ │                  │     ↑                      │
//	  │ │ wake             │     └──────── search ──────┤
//	  │ └──────────────────│───────────────────────────→│
//	  └────────────────────┴───────── sleep ────────────┘
//
// # Why no task is left behind
//
// The goroutine that makes a task stealable:
//
//  1. puts it where others look: into a ring or the injector;
//  2. applies work to the word. If no worker searches and one sleeps, the sleeper becomes a searcher and is
//     notified.
//
// The worker that goes to sleep, either a searcher that has found no task or a worker that may not search because
// enough others do:
//
//  1. applies sleep to the word;
//  2. if no worker searches now, looks once more at all rings and the injector, and applies work if it finds a
//     task, which may choose itself;
//  3. parks its inbox, checks whether it is still asleep in the word, and sleeps.
//
// All steps on the word have one order. Take the last sleep that left no searcher. If work comes before it, work may
// have counted on a searcher, or have met no sleeper; then step 2 of the sleeper comes after step 1 of the task, and
// sees the task. If work comes after it, work finds no searcher and a sleeper, and chooses the sleeper. A searcher
// that finds a task does the same: it (1) applies found, (2) if it was the last, looks at all rings and the
// injector, and applies work if there is more than it took.
//
// Between the sleeper's step 3 and the goroutine that chose it there is the inbox: that goroutine (1) changes the
// word, (2) interrupts the inbox; the sleeper (1) parks the inbox, (2) reads the word.
//
// Tasks that only one worker sees, its private ones, need none of this while it is awake: it polls them, or makes
// them stealable once the word says that a worker sleeps or searches. It reads the word at each push and each
// time it takes a task, and again when it has put a reserve into its ring: a worker that went to sleep in
// between has looked before that.
//
// # Designs that were rejected
//
//   - Looking again before sleep is applied: a task that comes between the look and the word counts on a searcher
//     that does not look any more.
//   - A mutex and a list of sleepers (tokio's idle.rs): two more locks on the way of each notify.
//   - Waking all sleepers: n-1 of them find nothing, and a wake costs microseconds.
//   - Spinning as a searcher before sleeping: it would look into the queues of the workers whose tasks it waits for, and
//     keep others asleep. Where a worker spins at all, it does so after step 2 of its sleep, and looks into no queue but
//     its inbox.
//
// The shape of the protocol, few searchers and one wake at a time, is that of Go's scheduler (runtime/proc.go,
// "Worker thread parking/unparking").

// An idleWord, from the low end:
//
//	bits 0-55   worker i sleeps
//	bits 56-63  how many search
type idleWord uint64

const (
	// MaxStealing is how many workers may steal from each other: as many as the word has bits for. With more of
	// them a search through all queues would not pay anyway.
	MaxStealing = 56

	oneSearcher idleWord = 1 << MaxStealing
)

func (w idleWord) asleep(worker int) bool { return w>>worker&1 != 0 }
func (w idleWord) sleepers() uint64       { return uint64(w & (oneSearcher - 1)) }
func (w idleWord) searchers() int         { return int(w / oneSearcher) }

// An idleEvent is an input of nextIdle.
type idleEvent uint8

const (
	idleSearch idleEvent = iota // a working worker has run out of tasks
	idleFound                   // a searcher has found tasks
	idleSleep                   // a working worker goes to sleep
	idleGiveUp                  // a searcher goes to sleep
	idleWake                    // a worker has woken up
	idleWork                    // a task has become stealable
)

// An idleAction is what the caller that moved the word does next.
type idleAction uint8

const (
	idleNone    idleAction = iota
	idleSteal              // search, wake: search in the queues of the others
	idleLook               // sleep, give up: look at all queues once more
	idleReplace            // found: look at all queues for more tasks than were found
	idleNotify             // work: wake the worker that was chosen, which searches
	idleInvalid            // the caller broke an invariant
)

// nextIdle is the protocol as a pure function, for one of n workers.
//
//	| event   | when                                 | to                | action         |
//	|---------|--------------------------------------|-------------------|----------------|
//	| search  | less than half search                | +1 searcher       | steal          |
//	| search  | otherwise                            | same              | none           |
//	| found   | more search                          | -1 searcher       | none           |
//	| found   | it was the last                      | -1 searcher       | replace it     |
//	| sleep   | others search                        | asleep            | none           |
//	| sleep   | none searches                        | asleep            | look once more |
//	| give up | more search                          | asleep, -1        | none           |
//	| give up | it was the last                      | asleep, -1        | look once more |
//	| wake    | asleep                               | not asleep        | none           |
//	| wake    | not asleep: it was chosen            | same              | steal          |
//	| work    | none searches and one or more sleep  | not asleep, +1    | notify it      |
//	| work    | otherwise                            | same              | none           |
//
// Of several sleepers work chooses the one with the lowest number, so that the others sleep on when there is little
// to do.
func nextIdle(w idleWord, e idleEvent, worker, n int) (to idleWord, act idleAction, chosen int) {
	me := idleWord(1) << worker
	switch e {
	case idleSearch:
		switch {
		case w.asleep(worker):
			return w, idleInvalid, 0
		case 2*w.searchers() < n:
			return w + oneSearcher, idleSteal, 0
		}
		return w, idleNone, 0
	case idleFound:
		switch {
		case w.asleep(worker) || w.searchers() == 0:
			return w, idleInvalid, 0
		case w.searchers() == 1:
			return w - oneSearcher, idleReplace, 0
		}
		return w - oneSearcher, idleNone, 0
	case idleSleep:
		switch {
		case w.asleep(worker):
			return w, idleInvalid, 0
		case w.searchers() == 0: // the workers that searched in its place have stopped meanwhile
			return w | me, idleLook, 0
		}
		return w | me, idleNone, 0
	case idleGiveUp:
		switch {
		case w.asleep(worker) || w.searchers() == 0:
			return w, idleInvalid, 0
		case w.searchers() == 1:
			return w - oneSearcher | me, idleLook, 0
		}
		return w - oneSearcher | me, idleNone, 0
	case idleWake:
		if w.asleep(worker) {
			return w &^ me, idleNone, 0
		}
		if w.searchers() == 0 {
			return w, idleInvalid, 0
		}
		return w, idleSteal, 0
	case idleWork:
		if w.searchers() != 0 || w.sleepers() == 0 {
			return w, idleNone, 0
		}
		chosen = bits.TrailingZeros64(w.sleepers())
		return w&^(1<<chosen) + oneSearcher, idleNotify, chosen
	}
	return w, idleInvalid, 0
}

// An idleState is the one place where the word lives. Any goroutine reads and writes it, by compare-and-swap; the
// comment at the top of this file says what each step pairs with.
type idleState struct {
	word    atomic.Uint64
	workers int
}

func (s *idleState) load() idleWord { return idleWord(s.word.Load()) }

func (s *idleState) apply(e idleEvent, worker int) (act idleAction, chosen int) {
	return s.applyFrom(s.load(), e, worker)
}

// applyFrom is apply for a caller that has read old. If the word has changed since, the swap is lost, and applyFrom
// begins again with the present word.
func (s *idleState) applyFrom(old idleWord, e idleEvent, worker int) (act idleAction, chosen int) {
	for {
		to, act, chosen := nextIdle(old, e, worker, s.workers)
		if act == idleInvalid {
			panic("executor: a worker applied an event to the idle word that its state excludes")
		}
		if to == old || s.word.CompareAndSwap(uint64(old), uint64(to)) {
			return act, chosen
		}
		old = s.load()
	}
}

// anyIdle reports whether a worker sleeps or searches. Workers call it at each push and each poll.
func (s *idleState) anyIdle() bool { return s.word.Load() != 0 }

// wakesNobody reports that the event work would change nothing.
func (s *idleState) wakesNobody() bool {
	w := s.load()
	return w.sleepers() == 0 || w.searchers() != 0
}
