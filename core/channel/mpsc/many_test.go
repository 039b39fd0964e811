package mpsc_test

import (
	"slices"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/channel/mpsc"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/internal/waittest"
	"github.com/moduvex/moduvex-go/core/task"
)

func TestRecvManyTakesWhatThereIs(t *testing.T) {
	tx, rx := mpsc.New[int](4)
	buf := make([]int, 3)
	f := rx.RecvManyFuture(buf)
	w := waittest.NewWaiter[core.Result[int]](t, &f)
	w.Pends(t)
	mustSend(t, tx, 1, 2)
	if r := w.Completes(t, 1); r.Value != 2 || r.Err != nil || !slices.Equal(buf[:2], []int{1, 2}) {
		t.Errorf("have %v, %v", r, buf)
	}
	mustSend(t, tx, 3, 4, 5)
	mustRecv(t, rx, 3)
	mustSend(t, tx, 6, 7) // which the receiver does not know of yet
	var ws []*waittest.Waiter[error]
	for range 3 {
		s, _ := sendWaiter(t, tx, 8)
		s.Pends(t)
		ws = append(ws, s)
	}
	if r := w.Completes(t, 1); r.Value != 3 || !slices.Equal(buf, []int{4, 5, 6}) {
		t.Errorf("have %v, %v", r, buf)
	}
	for _, s := range ws {
		mustFail(t, s.Completes(t, 1), nil)
	}
	if n, err := rx.TryRecvMany(nil); n != 0 || err != nil {
		t.Errorf("have %d, %v", n, err)
	}
	none := rx.RecvManyFuture(nil)
	if r := waittest.NewWaiter[core.Result[int]](t, &none).Completes(t, 0); r.Value != 0 || r.Err != nil {
		t.Errorf("have %v", r)
	}
	if n, err := rx.TryRecvMany(buf); n != 3 || err != nil {
		t.Errorf("have %d, %v", n, err)
	}
	if n, err := rx.TryRecvMany(buf); n != 1 || err != nil {
		t.Errorf("have %d, %v", n, err)
	}
	_, err := rx.TryRecvMany(buf)
	mustFail(t, err, mpsc.ErrEmpty)
	w.Pends(t)
	w.Drop()
	tx.Close()
	mustFail(t, w.Completes(t, 1).Err, mpsc.ErrClosed)
	_, err = rx.TryRecvMany(buf)
	mustFail(t, err, mpsc.ErrClosed)
}

// TestReceiveOfManyPassesAllItsSlots: to more senders than are woken at a time, in the order in which they came.
func TestReceiveOfManyPassesAllItsSlots(t *testing.T) {
	const n = 70
	h := coretest.New(1)
	defer h.Close()
	tx, rx := mpsc.New[int](n)
	for i := range n {
		if err := tx.TrySend(i); err != nil {
			t.Fatal(err)
		}
	}
	for i := range n {
		f := tx.SendFuture(n + i)
		h.Spawn(&task.New[error](&f).Task)
	}
	h.Run()
	buf := make([]int, n)
	for from := 0; from < 2*n; from += n {
		if got, err := rx.TryRecvMany(buf); got != n || err != nil {
			t.Fatalf("have %d, %v, want %d values", got, err, n)
		}
		for i, v := range buf {
			if v != from+i {
				t.Fatalf("have %d at %d", v, from+i)
			}
		}
		h.Run()
	}
	if h.Live() != 0 {
		t.Errorf("%d senders wait", h.Live())
	}
}
