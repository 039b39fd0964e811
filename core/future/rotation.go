package future

import "github.com/moduvex/moduvex-go/core"

// A rotation chooses the child that a poll begins with, in a combinator that polls its children in a fixed
// order, so that a child that spends the whole budget starves none behind it.
//
// A poll goes round-robin through the children, from first on. The next poll begins with the first child that this one polls
// without any budget left. A poll that has no budget from the start leaves first as it is. So each of n
// children is polled with some budget at least once in n polls that have some, and by induction
// so is each child of a nested combinator.
type rotation struct {
	first  uint8 // an index: there are at most few
	funded bool  // the current poll has polled every child with some budget so far
}

// begin starts a poll and returns the child to begin with.
func (r *rotation) begin(cx *core.Context) int {
	r.funded = cx.Budget() > 0
	return int(r.first)
}

// reach notes that child i, which is pending, is polled next.
func (r *rotation) reach(cx *core.Context, i int) {
	if r.funded && cx.Budget() == 0 {
		r.funded, r.first = false, uint8(i)
	}
}
