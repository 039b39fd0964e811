package mpsc_test

import (
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/channel/mpsc"
	"github.com/moduvex/moduvex-go/core/internal/waittest"
)

func TestSendersGetSlotsInTheOrderTheyCame(t *testing.T) {
	tx, rx := mpsc.New[int](1)
	mustSend(t, tx, 0)
	a, _ := sendWaiter(t, tx, 1)
	b := reserveWaiter(t, tx)
	c, _ := sendWaiter(t, tx, 3)
	a.Pends(t)
	b.Pends(t)
	c.Pends(t)
	mustRecv(t, rx, 0)
	// The slot is a's, which has not polled yet.
	mustFail(t, tx.TrySend(9), mpsc.ErrFull)
	_, err := tx.TryReserve()
	mustFail(t, err, mpsc.ErrFull)
	late, _ := sendWaiter(t, tx, 4)
	late.Pends(t)
	mustFail(t, tryRecvErr(rx), mpsc.ErrEmpty)
	mustFail(t, a.Completes(t, 1), nil)
	b.Pends(t)
	mustRecv(t, rx, 1)
	p := b.Completes(t, 1).Value
	c.Pends(t)
	mustFail(t, p.Send(2), nil)
	mustRecv(t, rx, 2)
	mustFail(t, c.Completes(t, 1), nil)
	mustRecv(t, rx, 3)
	mustFail(t, late.Completes(t, 1), nil)
	mustRecv(t, rx, 4)
	mustSend(t, tx, 5)
}

// Regression: a send that was cancelled after its grant kept its slot for ever.
func TestADroppedSendPassesItsSlotOn(t *testing.T) {
	tx, rx := mpsc.New[int](1)
	mustSend(t, tx, 0)
	a, _ := sendWaiter(t, tx, 1)
	b := reserveWaiter(t, tx)
	c, _ := sendWaiter(t, tx, 3)
	a.Pends(t)
	b.Pends(t)
	c.Pends(t)
	mustRecv(t, rx, 0)
	a.Drop()
	if b.Wakes != 1 {
		t.Fatal("the slot was not passed on")
	}
	b.Drop()
	mustFail(t, c.Completes(t, 1), nil)
	mustRecv(t, rx, 3)
	mustSend(t, tx, 4)
}

func TestADroppedSendLeavesTheLine(t *testing.T) {
	tx, rx := mpsc.New[int](1)
	mustSend(t, tx, 0)
	var ws []*waittest.Waiter[error]
	for i := range 3 {
		w, _ := sendWaiter(t, tx, i+1)
		w.Pends(t)
		ws = append(ws, w)
	}
	ws[1].Drop()
	ws[1].Drop()
	mustRecv(t, rx, 0)
	ws[0].Completes(t, 1)
	mustRecv(t, rx, 1)
	ws[2].Completes(t, 1)
	mustRecv(t, rx, 3)
	if ws[1].Wakes != 0 {
		t.Error("woken after it had gone")
	}
	w, _ := sendWaiter(t, tx, 4) // the only one in line leaves it
	mustSend(t, tx, 5)
	w.Pends(t)
	w.Drop()
	mustRecv(t, rx, 5)
	mustSend(t, tx, 6)
}

func TestAReceiverIsWokenOnceForAllThatIsSent(t *testing.T) {
	tx, rx := mpsc.New[int](4)
	w := recvWaiter(t, rx)
	w.Pends(t)
	w.Pends(t)
	mustSend(t, tx, 1, 2, 3)
	for i := range 3 {
		if r := w.Completes(t, 1); r.Value != i+1 || r.Err != nil {
			t.Errorf("have %v", r)
		}
	}
	w.Pends(t)
	if w.Context.ForHost().Waiting() != core.WaitChannel || w.Context.Budget() != core.DefaultBudget {
		t.Errorf("waits for %q with a budget of %d", w.Context.ForHost().Waiting(), w.Context.Budget())
	}
}

// A race drops the receiver, which is polled again: no value is lost.
func TestAReceiverThatIsDroppedLosesNothingAndIsNotWoken(t *testing.T) {
	tx, rx := mpsc.New[int](4)
	w := recvWaiter(t, rx)
	w.Drop()
	w.Pends(t)
	w.Drop()
	mustSend(t, tx, 1)
	if w.Wakes != 0 {
		t.Error("woken after it was dropped")
	}
	w.Completes(t, 0)
	w.Pends(t)
	mustSend(t, tx, 2)
	w.Drop() // after the wake
	other := recvWaiter(t, rx)
	if r := other.Completes(t, 0); r.Value != 2 {
		t.Errorf("have %v", r)
	}
	w.Pends(t)
	w.Drop()
	other.Pends(t)
	mustSend(t, tx, 3)
	if w.Wakes != 1 {
		t.Error("the waker of an earlier poll was woken")
	}
	other.Completes(t, 1)
}

func TestASecondTaskThatReceivesPanics(t *testing.T) {
	tx, rx := mpsc.New[int](4)
	w, other := recvWaiter(t, rx), recvWaiter(t, rx)
	f := rx.RecvManyFuture(make([]int, 1))
	many := waittest.NewWaiter[core.Result[int]](t, &f)
	w.Pends(t)
	const text = "mpsc: two tasks or goroutines receive from one Receiver at once"
	waittest.MustPanic(t, text, func() { other.Poll() })
	other.Drop()
	waittest.MustPanic(t, text, func() { many.Poll() })
	many.Drop()
	mustSend(t, tx, 1)
	w.Completes(t, 1)
	many.Pends(t)
	waittest.MustPanic(t, text, func() { other.Poll() })
	other.Drop()
	many.Drop()
	other.Pends(t)
}

func TestASendFutureSendsOneValueAfterTheOther(t *testing.T) {
	tx, rx := mpsc.New[int](1)
	w, f := sendWaiter(t, tx, 1)
	w.Completes(t, 0)
	f.Reset(2)
	w.Pends(t)
	waittest.MustPanic(t, "mpsc: Reset of a SendFuture that is pending", func() { f.Reset(3) })
	waittest.MustPanic(t, "mpsc: Unsent of a SendFuture that is pending", func() { f.Unsent() })
	mustRecv(t, rx, 1)
	w.Completes(t, 1)
	mustRecv(t, rx, 2)
}

func TestWakesGoThroughTheWorker(t *testing.T) {
	tx, rx := mpsc.New[int](1)
	h, cx := waittest.NewSpy(t)
	w := recvWaiter(t, rx)
	w.Pends(t)
	mustFail(t, tx.TrySendOn(cx, 1), nil)
	s, _ := sendWaiter(t, tx, 2)
	s.Pends(t)
	if v, err := rx.TryRecvOn(cx); v != 1 || err != nil {
		t.Errorf("have %d, %v", v, err)
	}
	s.Completes(t, 1)
	mustRecv(t, rx, 2)
	p, _ := tx.TryReserve()
	s, _ = sendWaiter(t, tx, 3)
	s.Pends(t)
	p.ReleaseOn(cx)
	s.Completes(t, 1)
	mustRecv(t, rx, 3)
	p, _ = tx.TryReserve()
	w.Pends(t)
	p.SendOn(cx, 4)
	w.Completes(t, 2)
	if h.Woken != 4 {
		t.Errorf("%d wakes through the host, want 4", h.Woken)
	}
}

// A waker may use the channel: no lock is held around it.
func TestAChannelWakesOutsideOfItsLocks(t *testing.T) {
	tx, rx := mpsc.New[int](1)
	cx := waittest.Host(t).Context()
	calls := 0
	use := core.WakerFunc(func() { calls++; tx.Len(); tx.TrySend(5) })
	for name, wake := range map[string]func(){
		"send":  func() { tx.TrySend(1) },
		"stop":  func() { rx.Stop() },
		"close": func() { rx.Close() },
	} {
		calls = 0
		tx, rx = mpsc.New[int](1)
		cx.ForHost().Begin(use)
		rx.Poll(cx)
		closed := tx.UntilClosedFuture()
		closed.Poll(cx)
		wake()
		if calls == 0 {
			t.Errorf("%s: not woken", name)
		}
	}
	tx, rx = mpsc.New[int](1)
	mustSend(t, tx, 0)
	s := tx.SendFuture(1)
	cx.ForHost().Begin(use)
	s.Poll(cx)
	mustRecv(t, rx, 0)
	s.Drop()
}

func TestChannelsAllocateNothing(t *testing.T) {
	tx, rx := mpsc.New[int](100)
	r := recvWaiter(t, rx)
	var ws []*waittest.Waiter[error]
	for range 200 {
		w, _ := sendWaiter(t, tx, 1)
		ws = append(ws, w)
	}
	waittest.Allocates(t, "poll style", 0, func() {
		for _, w := range ws {
			w.Poll()
		}
		for range 200 {
			r.Poll()
			for _, w := range ws[100:] {
				if w.Wakes > 0 {
					w.Poll()
					w.Wakes = 0
				}
			}
		}
		r.Poll()
	})
	waittest.Allocates(t, "goroutine", 0, func() {
		tx.SendWait(t.Context(), 1)
		rx.RecvWait(t.Context())
	})
	if rx.Len() != 0 {
		t.Errorf("%d are left", rx.Len())
	}
}

// Regression: a woken waiter whose slot a newcomer had taken was not queued again.
//
// The receiver frees several slots at once, and the first sender that is woken for one makes another sender
// try: the slots are for the senders in line.
func TestANewcomerGetsNoSlotWhileWaitersAreBeingWoken(t *testing.T) {
	tx, rx := mpsc.New[int](3)
	mustSend(t, tx, 1, 2, 3)
	first := tx.SendFuture(4)
	cx := waittest.Host(t).Context()
	calls := 0
	cx.ForHost().Begin(core.WakerFunc(func() {
		calls++
		mustFail(t, tx.TrySend(9), mpsc.ErrFull)
	}))
	first.Poll(cx)
	var ws []*waittest.Waiter[error]
	for i := range 2 {
		w, _ := sendWaiter(t, tx, 5+i)
		w.Pends(t)
		ws = append(ws, w)
	}
	if n, err := rx.TryRecvMany(make([]int, 3)); n != 3 || err != nil || calls != 1 {
		t.Fatalf("have %d, %v, %d calls", n, err, calls)
	}
	first.Poll(cx)
	for _, w := range ws {
		mustFail(t, w.Completes(t, 1), nil)
	}
	mustRecv(t, rx, 4, 5, 6)
}
