package mpsc_test

import (
	"testing"

	"github.com/moduvex/moduvex-go/core/channel/mpsc"
	"github.com/moduvex/moduvex-go/core/internal/waittest"
)

func TestAPermitIsASlot(t *testing.T) {
	tx, rx := mpsc.New[int](2)
	p, err := tx.TryReserve()
	mustFail(t, err, nil)
	q, _ := tx.TryReserve()
	mustFail(t, tx.TrySend(0), mpsc.ErrFull)
	if tx.Len() != 0 {
		t.Error("a permit counts as a value")
	}
	w, _ := sendWaiter(t, tx, 3)
	w.Pends(t)
	mustFail(t, q.Send(1), nil)
	p.Release()
	mustFail(t, w.Completes(t, 1), nil)
	waittest.MustPanic(t, "mpsc: Release with a Permit that was used", p.Release)
	mustRecv(t, rx, 1, 3)
	mustSend(t, tx, 4, 5)
}

func TestPermitsKeepTheChannelOpen(t *testing.T) {
	for name, end := range map[string]func(tx *mpsc.Sender[int], rx *mpsc.Receiver[int]){
		"senders closed":  func(tx *mpsc.Sender[int], _ *mpsc.Receiver[int]) { tx.Close() },
		"receiver closed": func(_ *mpsc.Sender[int], rx *mpsc.Receiver[int]) { rx.Stop() },
	} {
		tx, rx := mpsc.New[int](3)
		var ps []mpsc.Permit[int]
		for range 3 {
			p, _ := tx.TryReserve()
			ps = append(ps, p)
		}
		granted, _ := sendWaiter(t, tx, 3)
		granted.Pends(t)
		ps[0].Release() // to granted, which may still send
		end(tx, rx)
		w := recvWaiter(t, rx)
		w.Pends(t)
		mustFail(t, ps[1].Send(2), nil)
		if r := w.Completes(t, 1); r.Value != 2 {
			t.Errorf("%s: have %v", name, r)
		}
		w.Pends(t)
		mustFail(t, granted.Completes(t, 1), nil)
		if r := w.Completes(t, 2); r.Value != 3 {
			t.Errorf("%s: have %v", name, r)
		}
		w.Pends(t)
		ps[2].Release()
		if r := w.Completes(t, 3); r.Err != mpsc.ErrClosed {
			t.Errorf("%s: have %v", name, r)
		}
	}
}

func TestReservedSlotsAreOfNoUseAfterClose(t *testing.T) {
	tx, rx := mpsc.New[int](1)
	p, _ := tx.TryReserve()
	w, f := sendWaiter(t, tx, 1)
	w.Pends(t)
	p.Release()
	rx.Close()
	mustFail(t, w.Completes(t, 1), mpsc.ErrClosed)
	if f.Unsent() != 1 {
		t.Error("the value was not given back")
	}
	tx, rx = mpsc.New[int](1)
	p, _ = tx.TryReserve()
	rx.Close()
	mustFail(t, tryRecvErr(rx), mpsc.ErrClosed)
	mustFail(t, p.Send(1), mpsc.ErrClosed)
	if tx.Len() != 0 {
		t.Error("a value was queued in a closed channel")
	}
}
