package mpsc_test

import (
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/channel/mpsc"
	"github.com/moduvex/moduvex-go/core/internal/waittest"
)

// TestStopAndCloseWakeTheReceiver: another goroutine may stop it while it waits, and no more is sent.
func TestStopAndCloseWakeTheReceiver(t *testing.T) {
	for name, end := range map[string]func(rx *mpsc.Receiver[int]){
		"Close":   (*mpsc.Receiver[int]).Stop,
		"Discard": (*mpsc.Receiver[int]).Close,
	} {
		t.Run(name, func(t *testing.T) {
			tx, rx := mpsc.New[int](1)
			w := waittest.NewWaiter(t, rx)
			w.Pends(t)
			end(rx)
			if r := w.Completes(t, 1); r.Err != mpsc.ErrClosed {
				t.Errorf("have %v", r)
			}
			end(rx)
			if w.Wakes != 1 {
				t.Errorf("woken %d times", w.Wakes)
			}
			if err := tx.TrySend(1); err != mpsc.ErrClosed {
				t.Errorf("a send: %v", err)
			}
		})
	}
}

// TestStopWithAPermitOutDoesNotWakeTheReceiverYet: the receiver waits for what is sent with it.
func TestStopWithAPermitOutDoesNotWakeTheReceiverYet(t *testing.T) {
	tx, rx := mpsc.New[int](1)
	p, err := tx.TryReserve()
	if err != nil {
		t.Fatal(err)
	}
	w := waittest.NewWaiter(t, rx)
	w.Pends(t)
	rx.Stop()
	w.Pends(t)
	p.Send(5)
	if r := w.Completes(t, 1); r.Err != nil || r.Value != 5 {
		t.Errorf("have %v", r)
	}
}

func TestTheDropOfTheLastSendEndsTheChannel(t *testing.T) {
	tx, rx := mpsc.New[int](1)
	mustSend(t, tx, 0)
	w, _ := sendWaiter(t, tx, 1)
	w.Pends(t)
	mustRecv(t, rx, 0)
	tx.Close()
	r := recvWaiter(t, rx)
	r.Pends(t)
	w.Drop()
	mustFail(t, r.Completes(t, 1).Err, mpsc.ErrClosed)
}

func TestUntilClosedIsReadyAfterStopAndClose(t *testing.T) {
	tx, rx := mpsc.New[int](1)
	f, g := tx.UntilClosedFuture(), tx.UntilClosedFuture()
	w, dropped := waittest.NewWaiter[struct{}](t, &f), waittest.NewWaiter[struct{}](t, &g)
	w.Pends(t)
	w.Pends(t)
	dropped.Pends(t)
	dropped.Drop()
	rx.Stop()
	w.Completes(t, 1)
	w.Completes(t, 1)
	if dropped.Wakes != 0 {
		t.Error("woken after it had gone")
	}
	utx, urx := mpsc.Unbounded[int]()
	u := utx.UntilClosedFuture()
	uw := waittest.NewWaiter[struct{}](t, &u)
	uw.Pends(t)
	urx.Close()
	uw.Completes(t, 1)
}

// The senders fail in several batches, with the lock free in between: they must not get a slot that is
// released then.
func TestNoSlotIsGrantedAfterStop(t *testing.T) {
	tx, rx := mpsc.New[int](1)
	p, _ := tx.TryReserve()
	first := tx.SendFuture(0)
	cx := waittest.Host(t).Context()
	cx.ForHost().Begin(core.WakerFunc(p.Release))
	first.Poll(cx)
	var ws []*waittest.Waiter[error]
	for range 40 {
		w, _ := sendWaiter(t, tx, 1)
		w.Pends(t)
		ws = append(ws, w)
	}
	rx.Stop()
	for _, w := range ws {
		mustFail(t, w.Completes(t, 1), mpsc.ErrClosed)
	}
	mustFail(t, tryRecvErr(rx), mpsc.ErrClosed)
}
