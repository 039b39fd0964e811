package waitlist_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/internal/waitlist"
)

// A queue is a list under its lock, whose wakers note the number of their waiter.
type queue struct {
	mu    sync.Mutex
	list  waitlist.List
	nodes []*waitlist.Node
	woken []int
}

func newQueue(n int) *queue {
	q := &queue{}
	for i := range n {
		q.nodes = append(q.nodes, new(waitlist.Node))
		q.push(i)
	}
	return q
}

func (q *queue) push(i int) {
	q.list.Push(q.nodes[i], core.WakerFunc(func() { q.woken = append(q.woken, i) }))
}

func upTo(n int) (s []int) {
	for i := range n {
		s = append(s, i)
	}
	return s
}

func mustPanic(t *testing.T, want string, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if have := fmt.Sprint(recover()); have != want {
			t.Errorf("panic: have %s, want %s", have, want)
		}
	}()
	f()
}

func TestNodesLeaveInTheOrderTheyCame(t *testing.T) {
	q := newQueue(3)
	for want := 3; want > 0; want-- {
		if have := q.list.Len(); have != want {
			t.Errorf("%d nodes, want %d", have, want)
		}
		q.list.Pop(waitlist.Granted).Wake()
	}
	if !slices.Equal(q.woken, upTo(3)) || q.list.Front() != nil || q.list.Pop(waitlist.Granted) != nil {
		t.Errorf("woken %v, front %v", q.woken, q.list.Front())
	}
	for i, n := range q.nodes {
		if n.State() != waitlist.Granted {
			t.Errorf("node %d is in state %d", i, n.State())
		}
	}
}

func TestRemoveTakesANodeOutFromAnywhere(t *testing.T) {
	for gone := range 4 {
		q := newQueue(4)
		if !q.list.Remove(q.nodes[gone]) || q.nodes[gone].State() != waitlist.Idle {
			t.Errorf("%d: not removed", gone)
		}
		if q.list.Remove(q.nodes[gone]) {
			t.Errorf("%d: removed twice", gone)
		}
		q.push(gone) // again, at the end
		want := append(slices.Delete(upTo(4), gone, gone+1), gone)
		for range want {
			q.list.Pop(waitlist.Granted).Wake()
		}
		if !slices.Equal(q.woken, want) {
			t.Errorf("%d: woken %v, want %v", gone, q.woken, want)
		}
	}
}

func TestRemoveOfANodeThatWasGrantedSaysSo(t *testing.T) {
	q := newQueue(1)
	q.list.Pop(waitlist.Granted)
	if q.list.Remove(q.nodes[0]) || q.nodes[0].State() != waitlist.Granted {
		t.Errorf("removed, or in state %d", q.nodes[0].State())
	}
	if q.list.Rearm(q.nodes[0], core.WakerFunc(func() {})) {
		t.Error("a node that is out was rearmed")
	}
	q.nodes[0].Reset()
	if q.nodes[0].State() != waitlist.Idle {
		t.Errorf("in state %d after Reset", q.nodes[0].State())
	}
}

func TestTakeTakesANodeOutOfTurn(t *testing.T) {
	q := newQueue(3)
	q.list.Take(q.nodes[1], waitlist.Closed).Wake()
	if !slices.Equal(q.woken, []int{1}) || q.nodes[1].State() != waitlist.Closed || q.list.Len() != 2 {
		t.Errorf("woken %v, in state %d, %d are left", q.woken, q.nodes[1].State(), q.list.Len())
	}
	if w := q.list.Take(q.nodes[1], waitlist.Granted); w != nil || q.nodes[1].State() != waitlist.Closed {
		t.Errorf("taken twice: state %d", q.nodes[1].State())
	}
}

func TestRearmReplacesTheWaker(t *testing.T) {
	q := newQueue(1)
	woken := false
	if !q.list.Rearm(q.nodes[0], core.WakerFunc(func() { woken = true })) {
		t.Error("a waiting node was not rearmed")
	}
	q.list.Pop(waitlist.Granted).Wake()
	if !woken || len(q.woken) != 0 {
		t.Errorf("new waker called %t, old ones %v", woken, q.woken)
	}
}

func TestMisuseOfAWaitingNodePanics(t *testing.T) {
	q := newQueue(1)
	mustPanic(t, "waitlist: Push of a node that is in a list", func() { q.push(0) })
	mustPanic(t, "waitlist: Reset of a node that is waiting", q.nodes[0].Reset)
}

func TestPopThroughLeavesWhatCameLater(t *testing.T) {
	q := newQueue(2)
	mark := q.list.Mark()
	q.nodes = append(q.nodes, new(waitlist.Node))
	q.push(2)
	for w := q.list.PopThrough(mark, waitlist.Granted); w != nil; w = q.list.PopThrough(mark, waitlist.Granted) {
		w.Wake()
	}
	if !slices.Equal(q.woken, upTo(2)) || q.list.Front() != q.nodes[2] {
		t.Errorf("woken %v", q.woken)
	}
}

// More waiters than a batch holds, each of which waits again the moment it is woken: the lock is
// free then, and no waiter is woken twice.
func TestWakeAllWakesThoseThatWaitNowAndNoOthers(t *testing.T) {
	for _, n := range []int{0, 1, 31, 32, 33, 100} {
		q := &queue{}
		for i := range n {
			q.nodes = append(q.nodes, new(waitlist.Node))
			q.list.Push(q.nodes[i], core.WakerFunc(func() {
				q.mu.Lock()
				defer q.mu.Unlock()
				q.woken = append(q.woken, i)
				q.push(i)
			}))
		}
		q.mu.Lock()
		q.list.WakeAll(&q.mu, waitlist.Closed, nil)
		if !q.mu.TryLock() {
			t.Fatal("WakeAll returned with the lock")
		}
		if !slices.Equal(q.woken, upTo(n)) || q.list.Len() != n {
			t.Errorf("woken %v, %d wait, want %d", q.woken, q.list.Len(), n)
		}
	}
}

func TestBatchWakesThroughTheContext(t *testing.T) {
	h := &wakes{Host: coretest.New(1)}
	defer h.Close()
	var b waitlist.Batch
	woken := 0
	w := core.WakerFunc(func() { woken++ })
	b.Add(nil)
	b.Add(w)
	b.Wake(core.NewContext(h))
	b.Wake(nil) // it is empty
	if woken != 1 || h.n != 1 {
		t.Errorf("woken %d times, %d through the host, want 1", woken, h.n)
	}
	waitlist.Wake(nil, nil)
	waitlist.Wake(nil, w)
	if woken != 2 || h.n != 1 {
		t.Errorf("woken %d times, %d through the host, want 2 and 1", woken, h.n)
	}
}

type wakes struct {
	*coretest.Host
	n int
}

func (h *wakes) Wake(w core.Waker) { h.n++; w.Wake() }

func TestWaitingAndWakingAllocateNothing(t *testing.T) {
	var mu sync.Mutex
	var l waitlist.List
	nodes := make([]waitlist.Node, 50)
	w := core.WakerFunc(func() {})
	if have := testing.AllocsPerRun(100, func() {
		for i := range nodes {
			l.Push(&nodes[i], w)
		}
		mu.Lock()
		l.WakeAll(&mu, waitlist.Granted, nil)
	}); have != 0 {
		t.Errorf("%v allocations, want none", have)
	}
}

func BenchmarkPushPop(b *testing.B) {
	var l waitlist.List
	var n waitlist.Node
	w := core.WakerFunc(func() {})
	b.ReportAllocs()
	for b.Loop() {
		l.Push(&n, w)
		l.Pop(waitlist.Granted)
	}
}
