package future

import "github.com/moduvex/moduvex-go/core"

// turns say which child a poll begins with, where children are polled in a fixed order, so that a child
// that spends the whole budget starves none behind it.
//
// A poll is a round-robin from first on. The next poll begins with the first child that this one polls
// without any budget left. A poll that has no budget from the start leaves first as it is. So each of n
// children is polled with some of the budget at least once in n polls that have some, and by induction
// so is each child of a nested combinator.
type turns struct {
	first uint8 // an index: there are at most few
	whole bool  // the poll under way has polled every child with some of the budget so far
}

// begin is called at the start of a poll. It returns the child to begin with.
func (t *turns) begin(cx *core.Context) int {
	t.whole = cx.Budget() > 0
	return int(t.first)
}

// reach is called before the poll of child i, which is pending.
func (t *turns) reach(cx *core.Context, i int) {
	if t.whole && cx.Budget() == 0 {
		t.whole, t.first = false, uint8(i)
	}
}
