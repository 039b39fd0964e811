package broadcast_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/channel/broadcast"
	"github.com/moduvex/moduvex-go/core/internal/waittest"
)

// drain receives all queued values. It records errors as negative numbers: the number of missed values, and -1000
// for the end.
func drain(t *testing.T, rx *broadcast.Receiver[int]) (vs []int) {
	t.Helper()
	for {
		v, err := rx.TryRecv()
		lag, ok := err.(*broadcast.LagError)
		switch {
		case err == nil:
			vs = append(vs, v)
		case ok:
			vs = append(vs, -int(lag.Missed))
		case err == broadcast.ErrEmpty:
			return vs
		case err == broadcast.ErrClosed:
			return append(vs, -1000)
		default:
			t.Fatal(err)
		}
	}
}

func check(t *testing.T, what string, rx *broadcast.Receiver[int], want ...int) {
	t.Helper()
	if have := drain(t, rx); !slices.Equal(have, want) {
		t.Errorf("%s: have %v, want %v", what, have, want)
	}
}

func TestEveryReceiverGetsEveryValueFromItsSubscribeOn(t *testing.T) {
	tx := sender(broadcast.New[int](8))
	if n, err := tx.Send(0); n != 0 || err != nil {
		t.Errorf("sent to %d, want none", n)
	}
	a := tx.Subscribe()
	tx.Send(1)
	b := tx.Subscribe()
	if n, err := tx.Send(2); n != 2 || err != nil || tx.Receivers() != 2 {
		t.Errorf("sent to %d of %d", n, tx.Receivers())
	}
	if a.Len() != 2 || b.Len() != 1 {
		t.Errorf("%d and %d wait", a.Len(), b.Len())
	}
	check(t, "first", a, 1, 2)
	check(t, "late", b, 2)
	late := tx.Subscribe()
	check(t, "latest", late)
	tx.Send(3)
	check(t, "first", a, 3)
	check(t, "late", b, 3)
	check(t, "latest", late, 3)
}

func TestAReceiverThatLagsLearnsHowManyItHasMissed(t *testing.T) {
	tx := sender(broadcast.New[int](4))
	slow, quick := tx.Subscribe(), tx.Subscribe()
	for i := range 11 {
		tx.Send(i)
		check(t, "quick", quick, i)
	}
	if slow.Len() != 4 {
		t.Errorf("%d are left", slow.Len())
	}
	check(t, "slow", slow, -7, 7, 8, 9, 10)
	for i := range 4 {
		tx.Send(i)
	}
	check(t, "filled to the brim", slow, 0, 1, 2, 3)
	for i := range 5 {
		tx.Send(i)
	}
	_, err := slow.TryRecv()
	if lag, ok := err.(*broadcast.LagError); !ok || lag.Missed != 1 ||
		err.Error() != "broadcast: values missed: 1" {
		t.Errorf("have %v", err)
	}
	tx.Send(5) // and one more is lost before it continues
	check(t, "slow", slow, -1, 2, 3, 4, 5)
}

func TestAClosedChannelIsDrained(t *testing.T) {
	tx, rx := broadcast.New[int](2)
	slow := tx.Subscribe()
	for i := range 2 {
		tx.Send(i)
	}
	check(t, "before", rx, 0, 1)
	tx.Send(2)
	tx.Close()
	tx.Close()
	check(t, "after", rx, 2, -1000)
	check(t, "slow", slow, -1, 1, 2, -1000)
	check(t, "again", slow, -1000)
	check(t, "subscribed after the end", tx.Subscribe(), -1000)
	if rx.Len() != 0 {
		t.Errorf("%d are left", rx.Len())
	}
}

func TestACloneGoesOnFromTheSamePlace(t *testing.T) {
	tx, rx := broadcast.New[int](4)
	for i := range 6 {
		tx.Send(i)
	}
	lagging := rx.Clone()
	check(t, "original", rx, -2, 2, 3, 4, 5)
	same := lagging.Clone()
	check(t, "clone", lagging, -2, 2, 3, 4, 5)
	lagging.Close()
	check(t, "clone of the clone", same, -2, 2, 3, 4, 5)
	check(t, "clone of a closed one", lagging.Clone(), -1000)
	if tx.Receivers() != 2 {
		t.Errorf("%d receivers", tx.Receivers())
	}
}

func TestAClosedReceiverDoesNotCount(t *testing.T) {
	tx, rx := broadcast.New[int](4)
	other := tx.Subscribe()
	tx.Send(1)
	rx.Close()
	rx.Close()
	if n, _ := tx.Send(2); n != 1 || tx.Receivers() != 1 || rx.Len() != 0 {
		t.Errorf("sent to %d of %d, %d are left", n, tx.Receivers(), rx.Len())
	}
	check(t, "closed", rx, -1000)
	check(t, "other", other, 1, 2)
}

// Regression: the close of a receiver woke all other receivers that waited.
func TestTheCloseOfAReceiverWakesOnlyItsOwnWaiter(t *testing.T) {
	h := waittest.Host(t)
	tx := sender(broadcast.New[int](4))
	own, others := &waittest.Waker{}, &waittest.Waker{}
	rx := tx.Subscribe()
	waittest.Poll(h, own, rx.RecvFuture())
	for range 3 {
		waittest.Poll(h, others, tx.Subscribe().RecvFuture())
	}
	tx.Subscribe().Close() // which no task waits with
	rx.Close()
	if own.Wakes != 1 || others.Wakes != 0 {
		t.Errorf("its own waiter was woken %d times, others %d times", own.Wakes, others.Wakes)
	}
	if r, ok := waittest.Poll(h, own, rx.RecvFuture()); !ok || r.Err != broadcast.ErrClosed {
		t.Errorf("its own waiter has %v, %t", r, ok)
	}
	if tx.Send(1); others.Wakes != 3 {
		t.Errorf("others were woken %d times by a value", others.Wakes)
	}
}

func TestMisuse(t *testing.T) {
	for _, capacity := range []int{0, -1} {
		waittest.MustPanic(t, fmt.Sprintf("broadcast: New with a capacity of %d, which is not positive", capacity),
			func() { broadcast.New[int](capacity) })
	}
	tx := sender(broadcast.New[int](1))
	tx.Close()
	if n, err := tx.Send(1); n != 0 || err != broadcast.ErrClosed || !errors.Is(err, core.ErrClosed) {
		t.Errorf("a send after Close: have %d, %v", n, err)
	}
	waittest.MustPanic(t, "broadcast: a Sender is made by New", func() { new(broadcast.Sender[int]).Subscribe() })
	waittest.MustPanic(t, "broadcast: a Receiver is made by New or Subscribe", func() { new(broadcast.Receiver[int]).TryRecv() })
	waittest.MustPanic(t, "broadcast: a Receiver is made by New or Subscribe", func() { new(broadcast.Receiver[int]).RecvFuture() })
}
