package oneshot_test

import (
	"context"
	"errors"
	"runtime"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/channel/oneshot"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/internal/waittest"
	"github.com/moduvex/moduvex-go/core/task"
)

// try fails the test unless a receive that does not wait has this result.
func try(t *testing.T, what string, rx *oneshot.Receiver[int], want int, wantErr error) {
	t.Helper()
	if v, err := rx.TryRecv(); v != want || err != wantErr {
		t.Errorf("%s: have %d, %v, want %d, %v", what, v, err, want, wantErr)
	}
}

func TestAValueIsReceivedInEachForm(t *testing.T) {
	receive := map[string]func(h core.Spawner, rx *oneshot.Receiver[int]) func(t *testing.T) (int, error){
		"direct": func(h core.Spawner, rx *oneshot.Receiver[int]) func(t *testing.T) (int, error) {
			s := waittest.Spawn(h, rx.Recv)
			return func(t *testing.T) (int, error) { return waittest.Output(t, s) }
		},
		"poll": func(h core.Spawner, rx *oneshot.Receiver[int]) func(t *testing.T) (int, error) {
			s := task.New[core.Result[int]](rx)
			h.Spawn(&s.Task)
			return func(t *testing.T) (int, error) { r, _ := waittest.Output(t, s); return r.Value, r.Err }
		},
		"goroutine": func(h core.Spawner, rx *oneshot.Receiver[int]) func(t *testing.T) (int, error) {
			var v int
			var err error
			done := make(chan struct{})
			go func() {
				defer close(done)
				v, err = rx.RecvWait(context.Background())
			}()
			return func(*testing.T) (int, error) { <-done; return v, err }
		},
	}
	for name, begin := range receive {
		for _, early := range []bool{true, false} {
			h := waittest.Host(t)
			tx, rx := oneshot.New[int]()
			if early {
				tx.Send(7)
			}
			end := begin(h, rx)
			waittest.Settle(h)
			if !early {
				if err := tx.Send(7); err != nil {
					t.Error(err)
				}
			}
			h.Run()
			if v, err := end(t); v != 7 || err != nil {
				t.Errorf("%s, sent early %t: have %d, %v", name, early, v, err)
			}
			try(t, name, rx, 0, oneshot.ErrReceived)
		}
	}
}

func TestASenderThatIsClosedEndsTheReceiver(t *testing.T) {
	h := waittest.Host(t)
	tx, rx := oneshot.New[int]()
	s := waittest.Spawn(h, rx.Recv)
	waittest.Settle(h)
	tx.Close()
	h.Run()
	if v, err := waittest.Output(t, s); v != 0 || err != oneshot.ErrClosed {
		t.Errorf("have %d, %v", v, err)
	}
	try(t, "again", rx, 0, oneshot.ErrClosed)
	tx.Close() // nothing
	if _, err := rx.RecvWait(t.Context()); err != oneshot.ErrClosed {
		t.Errorf("have %v", err)
	}
}

func TestACloseAfterASendChangesNothing(t *testing.T) {
	tx, rx := oneshot.New[int]()
	tx.Send(7)
	tx.Close()
	try(t, "sent and closed", rx, 7, nil)
	try(t, "again", rx, 0, oneshot.ErrReceived)
}

// The caller owns the value again, and the channel does not keep it.
func TestAFailedSendKeepsNothingOfTheValue(t *testing.T) {
	for name, leave := range map[string]func(rx *oneshot.Receiver[*waittest.Big]){
		"dropped": (*oneshot.Receiver[*waittest.Big]).Close,
		"closed":  (*oneshot.Receiver[*waittest.Big]).Stop,
	} {
		tx, rx := oneshot.New[*waittest.Big]()
		if tx.Closed() {
			t.Errorf("%s: closed at first", name)
		}
		leave(rx)
		v, w := waittest.NewBig()
		if err := tx.Send(v); err != oneshot.ErrClosed || !tx.Closed() {
			t.Errorf("%s: have %v", name, err)
		}
		if v, err := rx.TryRecv(); v != nil || err != oneshot.ErrClosed {
			t.Errorf("%s: received %v, %v", name, v, err)
		}
		runtime.KeepAlive(v)
		if v = nil; !waittest.Released(w) {
			t.Errorf("%s: the value is kept", name)
		}
		runtime.KeepAlive(rx)
	}
}

func TestAStoppedReceiverStillGetsWhatWasSent(t *testing.T) {
	tx, rx := oneshot.New[int]()
	tx.Send(7)
	rx.Stop()
	rx.Stop()
	try(t, "closed", rx, 7, nil)
	try(t, "again", rx, 0, oneshot.ErrReceived)
	if !tx.Closed() {
		t.Error("the sender does not know")
	}
}

// Regression: a receiver that was dropped kept the value that was sent to it.
func TestAClosedReceiverReleasesTheValue(t *testing.T) {
	for _, received := range []bool{false, true} {
		tx, rx := oneshot.New[*waittest.Big]()
		v, w := waittest.NewBig()
		tx.Send(v)
		if v = nil; received {
			rx.TryRecv()
		} else {
			rx.Close()
			if _, err := rx.TryRecv(); err != oneshot.ErrClosed {
				t.Errorf("have %v", err)
			}
		}
		if !waittest.Released(w) {
			t.Errorf("received %t: the value is kept", received)
		}
		runtime.KeepAlive(rx)
		runtime.KeepAlive(tx)
	}
}

// Regression: polling a receiver that had finished panicked.
func TestAPollAfterTheValueReturnsErrReceived(t *testing.T) {
	h, w := waittest.Host(t), &waittest.Waker{}
	tx, rx := oneshot.New[int]()
	tx.Send(7)
	for i, want := range []core.Result[int]{{Value: 7}, {Err: oneshot.ErrReceived}, {Err: oneshot.ErrReceived}} {
		if r, ok := waittest.Poll(h, w, rx); r != want || !ok {
			t.Errorf("poll %d: have %v, %t", i, r, ok)
		}
	}
	tx, rx = oneshot.New[int]()
	tx.Close()
	for range 2 {
		if r, ok := waittest.Poll(h, w, rx); r.Err != oneshot.ErrClosed || !ok {
			t.Errorf("closed: have %v, %t", r, ok)
		}
	}
}

func TestUntilClosedIsReadyWhenNobodyWillReceive(t *testing.T) {
	for name, leave := range map[string]func(tx *oneshot.Sender[int], rx *oneshot.Receiver[int]){
		"closed":  func(_ *oneshot.Sender[int], rx *oneshot.Receiver[int]) { rx.Stop() },
		"dropped": func(_ *oneshot.Sender[int], rx *oneshot.Receiver[int]) { rx.Close() },
		"has received": func(tx *oneshot.Sender[int], rx *oneshot.Receiver[int]) {
			tx.Send(1)
			if tx.Closed() {
				t.Error("gone before it has received")
			}
			rx.TryRecv()
		},
	} {
		h := waittest.Host(t)
		tx, rx := oneshot.New[int]()
		direct := waittest.Spawn(h, func(co *coro.Co) (int, error) { return 0, tx.UntilClosed(co) })
		waittest.Settle(h)
		if direct.Finished() {
			t.Fatalf("%s: gone at first", name)
		}
		leave(tx, rx)
		h.Run()
		if _, err := waittest.Output(t, direct); err != nil {
			t.Errorf("%s: have %v", name, err)
		}
		if err := tx.UntilClosedWait(t.Context()); err != nil {
			t.Errorf("%s: have %v", name, err)
		}
		if _, ok := waittest.Poll(h, &waittest.Waker{}, tx.UntilClosedFuture()); !ok {
			t.Errorf("%s: pending", name)
		}
	}
	h := waittest.Host(t)
	tx, rx := oneshot.New[int]()
	if err := tx.UntilClosedWait(waittest.Cancelled()); err != context.Canceled {
		t.Errorf("have %v", err)
	}
	w := &waittest.Waker{}
	f := tx.UntilClosedFuture()
	waittest.Poll(h, w, f)
	f.Drop()
	if rx.Stop(); w.Wakes != 0 {
		t.Error("woken after its drop")
	}
}

func TestMisuse(t *testing.T) {
	again := func(what string, tx *oneshot.Sender[int]) {
		t.Helper()
		if err := tx.Send(2); err != oneshot.ErrClosed || !errors.Is(err, core.ErrClosed) {
			t.Errorf("%s: have %v", what, err)
		}
	}
	tx, rx := oneshot.New[int]()
	tx.Send(1)
	again("has sent", tx)
	try(t, "the first value", rx, 1, nil)
	tx, _ = oneshot.New[int]()
	tx.Close()
	again("is closed", tx)
	tx, rx = oneshot.New[int]()
	tx.Send(1)
	rx.Close()
	again("has sent to a receiver that is closed", tx)

	var noTx oneshot.Sender[int]
	var noRx oneshot.Receiver[int]
	waittest.MustPanic(t, "oneshot: a Sender is made by New", func() { noTx.Send(1) })
	waittest.MustPanic(t, "oneshot: a Sender is made by New", func() { noTx.UntilClosedWait(t.Context()) })
	waittest.MustPanic(t, "oneshot: a Receiver is made by New", func() { noRx.TryRecv() })
	waittest.MustPanic(t, "oneshot: a Receiver is made by New", func() { noRx.RecvWait(t.Context()) })
}
