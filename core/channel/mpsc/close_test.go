package mpsc_test

import (
	"testing"

	"github.com/moduvex/moduvex-go/core/channel/mpsc"
)

// TestCloseWakesTheReceiver: another goroutine may close it while it waits, and nobody sends any more.
func TestCloseWakesTheReceiver(t *testing.T) {
	for name, end := range map[string]func(rx *mpsc.Receiver[int]){
		"Close":   (*mpsc.Receiver[int]).Stop,
		"Discard": (*mpsc.Receiver[int]).Close,
	} {
		t.Run(name, func(t *testing.T) {
			tx, rx := mpsc.New[int](1)
			w := newWaiter(t, rx)
			w.pends(t)
			end(rx)
			if r := w.answers(t, 1); r.Err != mpsc.ErrClosed {
				t.Errorf("have %v", r)
			}
			end(rx)
			if w.wakes != 1 {
				t.Errorf("woken %d times", w.wakes)
			}
			if err := tx.TrySend(1); err != mpsc.ErrClosed {
				t.Errorf("a send: %v", err)
			}
		})
	}
}

// TestCloseWithAPermitOutWakesNobodyYet: the receiver waits for what is sent with it.
func TestCloseWithAPermitOutWakesNobodyYet(t *testing.T) {
	tx, rx := mpsc.New[int](1)
	p, err := tx.TryReserve()
	if err != nil {
		t.Fatal(err)
	}
	w := newWaiter(t, rx)
	w.pends(t)
	rx.Stop()
	w.pends(t)
	p.Send(5)
	if r := w.answers(t, 1); r.Err != nil || r.Value != 5 {
		t.Errorf("have %v", r)
	}
}
