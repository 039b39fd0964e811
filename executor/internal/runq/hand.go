package runq

import "github.com/moduvex/moduvex-go/core/task"

// handSize is how many tasks the owner takes out of its ring with one atomic operation.
const handSize = 8

// A hand holds tasks that the owner has taken out of its ring to poll them next. The owner.
type hand struct {
	tasks [handSize]*task.Task
	at, n int // tasks[at:n] are there
}

func (h *hand) len() int    { return h.n - h.at }
func (h *hand) empty() bool { return h.at == h.n }

// fillFrom moves up to n tasks from the front of q into the hand, which is empty.
func (h *hand) fillFrom(q *stealRing, n int) { h.at, h.n = 0, q.take(h.tasks[:n]) }

// returnTo moves the tasks to the back of q, as many as there is room for.
func (h *hand) returnTo(q *stealRing) { h.drop(q.put(h.tasks[h.at:h.n])) }

// drop forgets the first n tasks.
func (h *hand) drop(n int) {
	clear(h.tasks[h.at : h.at+n])
	h.at += n
}

// pop takes the first task, or returns nil if there is none.
func (h *hand) pop() *task.Task {
	if h.at == h.n {
		return nil
	}
	t := h.tasks[h.at]
	h.tasks[h.at] = nil
	h.at++
	return t
}
