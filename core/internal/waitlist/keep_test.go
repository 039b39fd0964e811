package waitlist_test

import (
	"runtime"
	"testing"
	"weak"

	"github.com/moduvex/moduvex-go/core/internal/waitlist"
)

// A bigWaker is a waker, large enough to be a separate object.
type bigWaker struct{ _ [128]byte }

func (*bigWaker) Wake() {}

// TestANodeThatHasLeftKeepsNothing: neither its waker nor its neighbours, however it has left.
func TestANodeThatHasLeftKeepsNothing(t *testing.T) {
	for name, leave := range map[string]func(l *waitlist.List, n *waitlist.Node){
		"Pop":    func(l *waitlist.List, n *waitlist.Node) { l.Pop(waitlist.Granted); l.Pop(waitlist.Granted) },
		"Take":   func(l *waitlist.List, n *waitlist.Node) { l.Take(n, waitlist.Granted) },
		"Remove": func(l *waitlist.List, n *waitlist.Node) { l.Remove(n) },
		"PopThrough": func(l *waitlist.List, n *waitlist.Node) {
			l.PopThrough(2, waitlist.Closed)
			l.PopThrough(2, waitlist.Closed)
		},
		"PopFront":    func(l *waitlist.List, n *waitlist.Node) { l.Pop(waitlist.Granted); l.Take(n, waitlist.Granted) },
		"LastIsFirst": func(l *waitlist.List, n *waitlist.Node) { l.Take(n, waitlist.Granted); l.Pop(waitlist.Granted) },
	} {
		n := new(waitlist.Node)
		waker, before, after := func() (weak.Pointer[bigWaker], weak.Pointer[waitlist.Node], weak.Pointer[waitlist.Node]) {
			var l waitlist.List
			w, before, after := &bigWaker{}, new(waitlist.Node), new(waitlist.Node)
			l.Push(before, nil)
			l.Push(n, w)
			l.Push(after, nil)
			leave(&l, n)
			return weak.Make(w), weak.Make(before), weak.Make(after)
		}()
		runtime.GC()
		if n.State() == waitlist.Waiting {
			t.Fatalf("%s: it is in the list still", name)
		}
		if waker.Value() != nil {
			t.Errorf("%s: the waker is kept", name)
		}
		if before.Value() != nil || after.Value() != nil {
			t.Errorf("%s: a neighbour is kept", name)
		}
		runtime.KeepAlive(n)
	}
}

// TestAListKeepsNoneThatHasLeft: it points to the nodes in it and to no others.
func TestAListKeepsNoneThatHasLeft(t *testing.T) {
	l := new(waitlist.List)
	left := func() (all []weak.Pointer[waitlist.Node]) {
		var ns []*waitlist.Node
		for range 3 {
			n := new(waitlist.Node)
			l.Push(n, nil)
			ns = append(ns, n)
			all = append(all, weak.Make(n))
		}
		for _, n := range ns {
			l.Remove(n)
		}
		return all
	}()
	runtime.GC()
	for i, n := range left {
		if n.Value() != nil {
			t.Errorf("node %d is kept", i)
		}
	}
	runtime.KeepAlive(l)
}

// TestABatchThatWasCalledKeepsNothing, although it can be filled again.
func TestABatchThatWasCalledKeepsNothing(t *testing.T) {
	b := new(waitlist.Batch)
	waker := func() weak.Pointer[bigWaker] {
		w := &bigWaker{}
		b.Add(w)
		b.Wake(nil)
		return weak.Make(w)
	}()
	runtime.GC()
	if waker.Value() != nil {
		t.Error("the waker is kept")
	}
	runtime.KeepAlive(b)
}
