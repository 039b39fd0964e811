package watch_test

import (
	"errors"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/channel/watch"
	"github.com/moduvex/moduvex-go/core/internal/waittest"
)

// check tries a receive that does not wait, and fails the test unless the result is want and wantErr.
func check(t *testing.T, what string, rx *watch.Receiver[int], want int, wantErr error) {
	t.Helper()
	if v, err := rx.TryNext(); v != want || err != wantErr {
		t.Errorf("%s: have %d, %v, want %d, %v", what, v, err, want, wantErr)
	}
}

func TestAReceiverSeesTheNewestValueOnce(t *testing.T) {
	tx, rx := watch.New(1)
	if !rx.Changed() || rx.Get() != 1 || tx.Get() != 1 {
		t.Errorf("at first: changed %t, %d", rx.Changed(), rx.Get())
	}
	check(t, "first", rx, 1, nil)
	check(t, "seen", rx, 0, watch.ErrUnchanged)
	if rx.Changed() || rx.Get() != 1 {
		t.Errorf("seen: changed %t, %d", rx.Changed(), rx.Get())
	}
	tx.Send(2)
	tx.Send(3)
	if !rx.Changed() || rx.Get() != 3 {
		t.Errorf("sent: changed %t, %d", rx.Changed(), rx.Get())
	}
	check(t, "newest", rx, 3, nil)
	check(t, "seen", rx, 0, watch.ErrUnchanged)
	tx.Send(3) // an equal value is a new one
	check(t, "equal", rx, 3, nil)
}

func TestReceiversSeeEachForItself(t *testing.T) {
	tx := sender(watch.New(1))
	a, b := tx.Subscribe(), tx.Subscribe()
	check(t, "a", a, 1, nil)
	tx.Send(2)
	c, late := a.Clone(), tx.Subscribe()
	check(t, "a", a, 2, nil)
	check(t, "b", b, 2, nil)
	check(t, "clone of what had not seen it", c, 2, nil)
	check(t, "clone of what has", a.Clone(), 0, watch.ErrUnchanged)
	check(t, "late", late, 2, nil)
	if tx.Receivers() != 5 {
		t.Errorf("%d receivers", tx.Receivers())
	}
}

func TestTheFinalValueIsSeen(t *testing.T) {
	tx, rx := watch.New(1)
	seen := tx.Subscribe()
	tx.Send(2)
	check(t, "before", seen, 2, nil)
	tx.Close()
	tx.Close()
	check(t, "final", rx, 2, nil)
	check(t, "end", rx, 0, watch.ErrClosed)
	check(t, "end", seen, 0, watch.ErrClosed)
	if rx.Get() != 2 || rx.Changed() {
		t.Errorf("after the end: %d, changed %t", rx.Get(), rx.Changed())
	}
	late := tx.Subscribe()
	check(t, "late", late, 2, nil)
	check(t, "late", late, 0, watch.ErrClosed)
}

func TestAnUpdateWorksOutTheNewValueFromTheOld(t *testing.T) {
	tx, rx := watch.New(1)
	rx.TryNext()
	if changed, err := tx.Update(func(v int) (int, bool) { return 9, false }); changed || err != nil {
		t.Error("an update that changes nothing has")
	}
	check(t, "unchanged", rx, 0, watch.ErrUnchanged)
	calls := 0
	ok, err := tx.Update(func(v int) (int, bool) {
		if calls++; calls == 1 {
			tx.Send(10) // another send comes in between
		}
		return v + 1, true
	})
	if !ok || err != nil || calls != 2 {
		t.Errorf("%t after %d calls", ok, calls)
	}
	check(t, "updated", rx, 11, nil)
}

func TestMisuse(t *testing.T) {
	tx := sender(watch.New(0))
	tx.Close()
	if err := tx.Send(1); err != watch.ErrClosed || !errors.Is(err, core.ErrClosed) {
		t.Errorf("a send after Close: have %v", err)
	}
	if changed, err := tx.Update(func(int) (int, bool) { return 1, true }); changed || err != watch.ErrClosed || tx.Get() != 0 {
		t.Errorf("an update after Close: have %t, %v, and the value is %d", changed, err, tx.Get())
	}
	waittest.MustPanic(t, "watch: Update with a nil function", func() { tx.Update(nil) })
	waittest.MustPanic(t, "watch: a Sender is made by New", func() { new(watch.Sender[int]).Get() })
	waittest.MustPanic(t, "watch: a Receiver is made by New or Subscribe", func() { new(watch.Receiver[int]).Get() })
	waittest.MustPanic(t, "watch: a Receiver is made by New or Subscribe", func() { new(watch.Receiver[int]).NextFuture() })
	waittest.MustPanic(t, "channel: Poll of a ClosedFuture that no Sender has made",
		func() { waittest.Poll(waittest.Host(t), &waittest.Waker{}, new(watch.ClosedFuture)) })
	new(watch.ClosedFuture).Drop() // nothing
}
