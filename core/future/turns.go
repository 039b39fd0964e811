package future

import "github.com/moduvex/moduvex-go/core"

// turns say which child a poll begins with, where children are polled in a fixed order, so that one
// that spends the whole budget starves none behind it.
//
// A poll goes round the children from first on. The first one that it comes to with nothing left of
// the budget is where the next poll begins: round-robin, that goes on where the budget ended. A poll
// that had no budget from the start moves nothing. So of n children each is polled with some of the
// budget at least once in n polls that have some, and what is true of a combinator is true of those
// nested in it.
type turns struct {
	first uint8 // an index: there are at most few
	whole bool  // the poll under way has come to every child with some of the budget so far
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
