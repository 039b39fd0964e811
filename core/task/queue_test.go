package task_test

import (
	"sync"
	"testing"

	"github.com/moduvex/moduvex-go/core/task"
)

// makeTasks makes n tasks with the numbers from first on.
func makeTasks(n int, first uint64) []*task.Task {
	ts := make([]*task.Task, n)
	for i := range ts {
		ts[i] = new(task.Task)
		ts[i].ForHost().Bind(nil, first+uint64(i))
	}
	return ts
}

// drain pops everything and returns the numbers.
func drain(q *task.Queue) (ids []uint64) {
	for t := q.Pop(); t != nil; t = q.Pop() {
		ids = append(ids, t.ID())
	}
	return ids
}

func inOrder(t *testing.T, ids []uint64, n int) {
	t.Helper()
	if len(ids) != n {
		t.Fatalf("have %d tasks, want %d", len(ids), n)
	}
	for i, id := range ids {
		if id != uint64(i) {
			t.Fatalf("at %d: have task %d", i, id)
		}
	}
}

func TestQueueIsFirstInFirstOut(t *testing.T) {
	var q task.Queue
	for range 2 { // it is empty and good again after the first round
		if q.Len() != 0 || q.Pop() != nil {
			t.Fatal("the queue is not empty")
		}
		for _, x := range makeTasks(10, 0) {
			q.Push(x)
		}
		if q.Len() != 10 {
			t.Errorf("have %d, want 10", q.Len())
		}
		inOrder(t, drain(&q), 10)
	}
}

func TestQueueTakesATaskAgainOnceItWasPopped(t *testing.T) {
	var q task.Queue
	ts := makeTasks(2, 0)
	for range 10 {
		q.Push(ts[0])
		q.Push(ts[1])
		inOrder(t, drain(&q), 2)
	}
}

// TestQueuesMoveAsAWholeInOrder: whatever the lengths of the two, and wherever they begin in their stripes.
func TestQueuesMoveAsAWholeInOrder(t *testing.T) {
	const most = 20
	for popped := range 9 {
		for n := range most {
			for m := range most {
				var q, from task.Queue
				for _, x := range makeTasks(popped, 0) {
					q.Push(x)
					q.Pop()
				}
				ts := makeTasks(n+m+1, 0)
				for _, x := range ts[:n] {
					q.Push(x)
				}
				for _, x := range ts[n : n+m] {
					from.Push(x)
				}
				q.PushAll(&from)
				if from.Len() != 0 || from.Pop() != nil {
					t.Fatalf("%d and %d: the second queue is not empty", n, m)
				}
				q.Push(ts[n+m])
				inOrder(t, drain(&q), n+m+1)
				for _, x := range ts {
					if x.Behind() != nil {
						t.Fatalf("%d and %d: task %d still leads to another", n, m, x.ID())
					}
				}
			}
		}
	}
}

func TestInboxKeepsTheOrderOfItsPushes(t *testing.T) {
	var in task.Inbox
	var q task.Queue
	if in.TakeAll(&q); !in.Empty() || q.Len() != 0 {
		t.Fatal("the inbox is not empty")
	}
	for _, x := range makeTasks(5, 0) {
		if notify, ok := in.Push(x); notify || !ok {
			t.Errorf("have %t, %t, want no notify of an owner that runs", notify, ok)
		}
	}
	if in.Empty() {
		t.Error("the inbox is empty")
	}
	in.TakeAll(&q)
	for _, x := range makeTasks(5, 5) {
		in.Push(x)
	}
	in.TakeAll(&q) // behind the first
	inOrder(t, drain(&q), 10)
}

func TestInboxNotifiesOncePerPark(t *testing.T) {
	var in task.Inbox
	var q task.Queue
	for round := range 3 {
		if !in.Park() {
			t.Fatal("an empty inbox did not let its owner park")
		}
		notifies := 0
		for _, x := range makeTasks(3, 0) {
			if notify, ok := in.Push(x); !ok {
				t.Fatal("refused")
			} else if notify {
				notifies++
			}
		}
		if in.Interrupt() {
			notifies++
		}
		if notifies != 1 {
			t.Errorf("round %d: %d notifies, want 1", round, notifies)
		}
		in.Unpark()
		in.TakeAll(&q)
		inOrder(t, drain(&q), 3)
	}
}

func TestInboxWithATaskDoesNotLetItsOwnerPark(t *testing.T) {
	var in task.Inbox
	in.Push(makeTasks(1, 0)[0])
	if in.Park() {
		t.Error("the owner went to sleep over a task")
	}
	if in.Unpark(); in.Empty() {
		t.Error("Unpark has thrown a task away")
	}
}

func TestInterruptOfAnOwnerThatRunsIsSilent(t *testing.T) {
	var in task.Inbox
	if in.Interrupt() {
		t.Error("an owner that runs was notified")
	}
	in.Park()
	if !in.Interrupt() || in.Interrupt() {
		t.Error("a parked owner was not notified once")
	}
	if !in.Empty() {
		t.Error("still parked after an interrupt")
	}
}

// TestTakeAllLeavesAParkedOrClosedInboxAsItIs: neither has tasks to take.
func TestTakeAllLeavesAParkedOrClosedInboxAsItIs(t *testing.T) {
	var in task.Inbox
	var q task.Queue
	in.Park()
	if in.TakeAll(&q); q.Len() != 0 {
		t.Error("took something from an inbox whose owner is parked")
	}
	if notify, _ := in.Push(makeTasks(1, 0)[0]); !notify {
		t.Error("TakeAll has unparked")
	}
	in.Close(&q)
	if in.TakeAll(&q); q.Len() != 1 {
		t.Errorf("have %d tasks, want 1", q.Len())
	}
	if _, ok := in.Push(makeTasks(1, 0)[0]); ok {
		t.Error("TakeAll has opened a closed inbox")
	}
}

func TestClosedInboxRefusesAndHandsBack(t *testing.T) {
	for name, parked := range map[string]bool{"running": false, "parked": true} {
		var in task.Inbox
		var q task.Queue
		if parked {
			in.Park()
		} else {
			for _, x := range makeTasks(3, 0) {
				in.Push(x)
			}
		}
		in.Close(&q)
		want := 3
		if parked {
			want = 0
		}
		inOrder(t, drain(&q), want)
		x := makeTasks(1, 0)[0]
		if notify, ok := in.Push(x); notify || ok {
			t.Errorf("%s: have %t, %t, want a refusal", name, notify, ok)
		}
		if in.Interrupt() || in.Park() {
			t.Errorf("%s: a closed inbox was interrupted or parked", name)
		}
		in.Close(&q) // again
		if q.Push(x); q.Len() != 1 {
			t.Errorf("%s: the refused task is not the caller's", name)
		}
	}
}

// TestInboxUnderStress has pushers, and an owner that parks whenever the inbox is empty.
func TestInboxUnderStress(t *testing.T) {
	const pushers, each = 4, 20000
	var (
		in       task.Inbox
		notified = make(chan struct{}, 1) // as a poller: keeps one notification
		notifies [pushers]int
		wg       sync.WaitGroup
	)
	send := func(notify bool, n *int) {
		if !notify {
			return
		}
		*n++
		select {
		case notified <- struct{}{}:
		default:
			t.Error("notified twice in one park")
		}
	}
	for p := range pushers {
		wg.Go(func() {
			for i, x := range makeTasks(each, uint64(p*each)) {
				notify, ok := in.Push(x)
				if !ok {
					t.Error("refused")
					return
				}
				send(notify, &notifies[p])
				if i%100 == 0 {
					send(in.Interrupt(), &notifies[p])
				}
			}
		})
	}
	parks, next := serve(t, &in, notified, pushers, each)
	wg.Wait()
	sum := 0
	for _, n := range notifies {
		sum += n
	}
	if sum != parks {
		t.Errorf("%d parks and %d notifies, want one each", parks, sum)
	}
	for p, n := range next {
		if n != each {
			t.Errorf("pusher %d: have %d tasks, want %d", p, n, each)
		}
	}
	t.Logf("%d parks", parks)
}

// serve is the owner's loop. It returns how often it was woken from a park, and how many tasks came
// from each pusher.
func serve(t *testing.T, in *task.Inbox, notified chan struct{}, pushers, each int) (parks int, next []int) {
	var q task.Queue
	next = make([]int, pushers)
	for left := pushers * each; left > 0; {
		in.TakeAll(&q)
		if q.Len() == 0 {
			if in.Park() {
				<-notified
				parks++
				in.Unpark()
			}
			continue
		}
		for _, id := range drain(&q) {
			p, n := int(id)/each, int(id)%each
			if n != next[p] {
				t.Errorf("pusher %d: have task %d, want %d", p, n, next[p])
			}
			next[p] = n + 1
			left--
		}
	}
	return parks, next
}

// TestInboxClosesUnderStress: each task is either taken or refused.
func TestInboxClosesUnderStress(t *testing.T) {
	const pushers, each = 4, 50
	for range 200 {
		var in task.Inbox
		var q task.Queue
		var wg sync.WaitGroup
		var refused [pushers]int
		for p := range pushers {
			wg.Go(func() {
				for _, x := range makeTasks(each, 0) {
					if _, ok := in.Push(x); !ok {
						refused[p]++
					}
				}
			})
		}
		in.TakeAll(&q)
		in.Close(&q)
		wg.Wait()
		sum := q.Len()
		for _, n := range refused {
			sum += n
		}
		if sum != pushers*each {
			t.Fatalf("%d tasks taken or refused, want %d", sum, pushers*each)
		}
	}
}
