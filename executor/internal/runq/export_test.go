package runq

import (
	"fmt"

	"github.com/moduvex/moduvex-go/core/task"
)

type (
	IdleWord   = idleWord
	IdleEvent  = idleEvent
	IdleAction = idleAction
)

const (
	OneSearcher = oneSearcher

	IdleSearch = idleSearch
	IdleFound  = idleFound
	IdleSleep  = idleSleep
	IdleGiveUp = idleGiveUp
	IdleWake   = idleWake
	IdleWork   = idleWork
	IdleEvents = int(idleWork) + 1

	IdleNone    = idleNone
	IdleSteal   = idleSteal
	IdleLook    = idleLook
	IdleReplace = idleReplace
	IdleNotify  = idleNotify
	IdleInvalid = idleInvalid

	HandSize = handSize
	Refill   = refill
)

var NextIdle = nextIdle

func (w idleWord) Asleep(worker int) bool { return w.asleep(worker) }
func (w idleWord) Sleepers() uint64       { return w.sleepers() }
func (w idleWord) Searchers() int         { return w.searchers() }
func (w idleWord) String() string {
	return fmt.Sprintf("%b asleep, %d search", w.sleepers(), w.searchers())
}

func (e idleEvent) String() string {
	return [...]string{"search", "found", "sleep", "give up", "wake", "work"}[e]
}

func (a idleAction) String() string {
	return [...]string{"none", "steal", "look", "replace", "notify", "invalid"}[a]
}

// An IdleState is the word as workers have it.
type IdleState struct{ s idleState }

func NewIdleState(w IdleWord, workers int) *IdleState {
	i := &IdleState{idleState{workers: workers}}
	i.s.word.Store(uint64(w))
	return i
}

func (i *IdleState) Load() IdleWord                                  { return i.s.load() }
func (i *IdleState) Apply(e IdleEvent, worker int) (IdleAction, int) { return i.s.apply(e, worker) }
func (i *IdleState) WakesNobody() bool                               { return i.s.wakesNobody() }
func (i *IdleState) AnyIdle() bool                                   { return i.s.anyIdle() }

// ApplyFrom is Apply with a word that was read before.
func (i *IdleState) ApplyFrom(old IdleWord, e IdleEvent, worker int) (IdleAction, int) {
	return i.s.applyFrom(old, e, worker)
}

// A Sleeper is the Stealer of worker 0 of a runtime that nobody runs.
type Sleeper struct{ s *Shared }

// NewSleeper makes worker 0 of n.
func NewSleeper(n int) *Sleeper {
	s := NewShared(n, func(int) {}, nil)
	for range n {
		new(Local).Init(new(task.Home), s, 1)
	}
	return &Sleeper{s}
}

// Search makes it one that searches, if it may.
func (s *Sleeper) Search() {
	act, _ := s.s.idle.apply(idleSearch, 0)
	s.s.stealers[0].searching = act == idleSteal
}

func (s *Sleeper) AnnounceSleep()        { s.s.stealers[0].AnnounceSleep() }
func (s *Sleeper) Word() IdleWord        { return s.s.idle.load() }
func (s *Sleeper) Schedule(t *task.Task) { s.s.Schedule(t) }

// Offer puts t where thieves look on worker i, as its owner does.
func (s *Sleeper) Offer(i int, t *task.Task) {
	s.s.stealers[i].ring.put([]*task.Task{t})
	s.s.wakeOne()
}

// A Ring is a stealing ring.
type Ring = stealRing

// NewRing makes a ring whose numbers begin at start.
func NewRing(size int, start uint32) *Ring {
	q := newStealRing(size)
	q.ends.Store(pack(start, start))
	q.tail.Store(start)
	return q
}

func (q *stealRing) Fill(f *FIFO, n int)                      { q.fill(f, n) }
func (q *stealRing) Take(dst []*task.Task) int                { return q.take(dst) }
func (q *stealRing) StealFrom(v *Ring) int                    { return q.stealFrom(v) }
func (q *stealRing) Ends() uint64                             { return q.ends.Load() }
func (q *stealRing) TakeFrom(ends uint64, d []*task.Task) int { return q.takeFrom(ends, d) }
func (q *stealRing) ClaimFrom(ends uint64, room int) uint32 {
	_, n := q.claimFrom(ends, room)
	return n
}
func (q *stealRing) ReleaseFrom(ends uint64) { q.releaseFrom(ends) }
func (q *stealRing) Len() int                { return q.len() }
func (q *stealRing) Room() int               { return q.room() }
func (q *stealRing) Slots() []*task.Task     { return q.slots }

// Pop takes one task.
func (q *stealRing) Pop() *task.Task {
	var one [1]*task.Task
	q.take(one[:])
	return one[0]
}

// A Theft is stealFrom, step by step.
type Theft struct {
	thief, victim *Ring
	head, n       uint32
}

func (q *stealRing) Claim(v *Ring) *Theft {
	th := &Theft{thief: q, victim: v}
	th.head, th.n = v.claim(q.room())
	return th
}

func (th *Theft) Claimed() int { return int(th.n) }

func (th *Theft) Copy() {
	for i := range th.n {
		from := th.victim.slot(th.head + i)
		*th.thief.slot(th.thief.tail.Load() + i) = *from
		*from = nil
	}
}

func (th *Theft) Release() { th.victim.release() }
func (th *Theft) Publish() { th.thief.tail.Store(th.thief.tail.Load() + th.n) }

type Injector = injector

func (in *injector) Push(t *task.Task)         { in.push(t) }
func (in *injector) PushAll(f *FIFO)           { in.pushAll(f) }
func (in *injector) Empty() bool               { return in.empty() }
func (in *injector) Take(q *task.Queue, n int) { in.take(q, n) }
func (in *injector) Close()                    { in.close() }

// HandAfterDrop fills a hand, drops n of it, and returns how many tasks it keeps.
func HandAfterDrop(n int) (kept int) {
	var h hand
	for i := range h.tasks {
		h.tasks[i] = new(task.Task)
	}
	h.n = len(h.tasks)
	h.drop(n)
	for _, t := range h.tasks {
		if t != nil {
			kept++
		}
	}
	return kept
}
