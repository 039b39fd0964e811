package mpsc_test

import (
	"slices"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/channel/mpsc"
)

func TestSendersGetPlacesInTheOrderTheyCame(t *testing.T) {
	tx, rx := mpsc.New[int](1)
	mustSend(t, tx, 0)
	a, _ := sendWaiter(t, tx, 1)
	b := reserveWaiter(t, tx)
	c, _ := sendWaiter(t, tx, 3)
	a.pends(t)
	b.pends(t)
	c.pends(t)
	mustRecv(t, rx, 0)
	// The place is a's, who does not know yet.
	mustFail(t, tx.TrySend(9), mpsc.ErrFull)
	_, err := tx.TryReserve()
	mustFail(t, err, mpsc.ErrFull)
	late, _ := sendWaiter(t, tx, 4)
	late.pends(t)
	mustFail(t, tryRecvErr(rx), mpsc.ErrEmpty)
	mustFail(t, a.answers(t, 1), nil)
	b.pends(t)
	mustRecv(t, rx, 1)
	p := b.answers(t, 1).Value
	c.pends(t)
	mustFail(t, p.Send(2), nil)
	mustRecv(t, rx, 2)
	mustFail(t, c.answers(t, 1), nil)
	mustRecv(t, rx, 3)
	mustFail(t, late.answers(t, 1), nil)
	mustRecv(t, rx, 4)
	mustSend(t, tx, 5)
}

// Regression: a send that was cancelled after its turn had come kept its place for ever.
func TestASendThatIsGivenUpAfterItsTurnPassesItsPlaceOn(t *testing.T) {
	tx, rx := mpsc.New[int](1)
	mustSend(t, tx, 0)
	a, _ := sendWaiter(t, tx, 1)
	b := reserveWaiter(t, tx)
	c, _ := sendWaiter(t, tx, 3)
	a.pends(t)
	b.pends(t)
	c.pends(t)
	mustRecv(t, rx, 0)
	a.drop()
	if b.wakes != 1 {
		t.Fatal("the place was not passed on")
	}
	b.drop()
	mustFail(t, c.answers(t, 1), nil)
	mustRecv(t, rx, 3)
	mustSend(t, tx, 4)
}

func TestASendThatIsGivenUpLeavesTheLine(t *testing.T) {
	tx, rx := mpsc.New[int](1)
	mustSend(t, tx, 0)
	var ws []*waiter[error]
	for i := range 3 {
		w, _ := sendWaiter(t, tx, i+1)
		w.pends(t)
		ws = append(ws, w)
	}
	ws[1].drop()
	ws[1].drop()
	mustRecv(t, rx, 0)
	ws[0].answers(t, 1)
	mustRecv(t, rx, 1)
	ws[2].answers(t, 1)
	mustRecv(t, rx, 3)
	if ws[1].wakes != 0 {
		t.Error("woken after it had gone")
	}
	w, _ := sendWaiter(t, tx, 4) // the only one in line leaves it
	mustSend(t, tx, 5)
	w.pends(t)
	w.drop()
	mustRecv(t, rx, 5)
	mustSend(t, tx, 6)
}

func TestAReceiverIsWokenOnceForAllThatIsSent(t *testing.T) {
	tx, rx := mpsc.New[int](4)
	w := recvWaiter(t, rx)
	w.pends(t)
	w.pends(t)
	mustSend(t, tx, 1, 2, 3)
	for i := range 3 {
		if r := w.answers(t, 1); r.Value != i+1 || r.Err != nil {
			t.Errorf("have %v", r)
		}
	}
	w.pends(t)
	if w.cx.ForHost().Waiting() != core.WaitChannel || w.cx.Budget() != core.DefaultBudget {
		t.Errorf("waits for %q with a budget of %d", w.cx.ForHost().Waiting(), w.cx.Budget())
	}
}

// A receiver is dropped by whoever races it, and polled again: no value is lost on the way.
func TestAReceiverThatIsDroppedLosesNothingAndIsNotWoken(t *testing.T) {
	tx, rx := mpsc.New[int](4)
	w := recvWaiter(t, rx)
	w.drop()
	w.pends(t)
	w.drop()
	mustSend(t, tx, 1)
	if w.wakes != 0 {
		t.Error("woken after it was dropped")
	}
	w.answers(t, 0)
	w.pends(t)
	mustSend(t, tx, 2)
	w.drop() // after the wake
	other := recvWaiter(t, rx)
	if r := other.answers(t, 0); r.Value != 2 {
		t.Errorf("have %v", r)
	}
	w.pends(t)
	w.drop()
	other.pends(t)
	mustSend(t, tx, 3)
	if w.wakes != 1 {
		t.Error("the waker of an earlier poll was woken")
	}
	other.answers(t, 1)
}

func TestASecondTaskThatReceivesPanics(t *testing.T) {
	tx, rx := mpsc.New[int](4)
	w, other := recvWaiter(t, rx), recvWaiter(t, rx)
	f := rx.RecvManyFuture(make([]int, 1))
	many := newWaiter[core.Result[int]](t, &f)
	w.pends(t)
	const text = "mpsc: two tasks or goroutines receive from one Receiver at once"
	mustPanic(t, text, func() { other.poll() })
	mustPanic(t, text, func() { many.poll() })
	mustSend(t, tx, 1)
	w.answers(t, 1)
	many.pends(t)
	mustPanic(t, text, func() { other.poll() })
	many.drop()
	other.pends(t)
}

func TestAPermitIsAPlace(t *testing.T) {
	tx, rx := mpsc.New[int](2)
	p, err := tx.TryReserve()
	mustFail(t, err, nil)
	q, _ := tx.TryReserve()
	mustFail(t, tx.TrySend(0), mpsc.ErrFull)
	if tx.Len() != 0 {
		t.Error("a permit counts as a value")
	}
	w, _ := sendWaiter(t, tx, 3)
	w.pends(t)
	mustFail(t, q.Send(1), nil)
	p.Release()
	mustFail(t, w.answers(t, 1), nil)
	mustPanic(t, "mpsc: Release with a Permit that was used", p.Release)
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
		turn, _ := sendWaiter(t, tx, 3)
		turn.pends(t)
		ps[0].Release() // to turn, who may still send
		end(tx, rx)
		w := recvWaiter(t, rx)
		w.pends(t)
		mustFail(t, ps[1].Send(2), nil)
		if r := w.answers(t, 1); r.Value != 2 {
			t.Errorf("%s: have %v", name, r)
		}
		w.pends(t)
		mustFail(t, turn.answers(t, 1), nil)
		if r := w.answers(t, 2); r.Value != 3 {
			t.Errorf("%s: have %v", name, r)
		}
		w.pends(t)
		ps[2].Release()
		if r := w.answers(t, 3); r.Err != mpsc.ErrClosed {
			t.Errorf("%s: have %v", name, r)
		}
	}
}

func TestASendThatIsGivenUpLastEndsTheChannel(t *testing.T) {
	tx, rx := mpsc.New[int](1)
	mustSend(t, tx, 0)
	w, _ := sendWaiter(t, tx, 1)
	w.pends(t)
	mustRecv(t, rx, 0)
	tx.Close()
	r := recvWaiter(t, rx)
	r.pends(t)
	w.drop()
	mustFail(t, r.answers(t, 1).Err, mpsc.ErrClosed)
}

func TestPlacesThatWereReservedAreOfNoUseAfterDiscard(t *testing.T) {
	tx, rx := mpsc.New[int](1)
	p, _ := tx.TryReserve()
	w, f := sendWaiter(t, tx, 1)
	w.pends(t)
	p.Release()
	rx.Close()
	mustFail(t, w.answers(t, 1), mpsc.ErrClosed)
	if f.Unsent() != 1 {
		t.Error("the value was not given back")
	}
	tx, rx = mpsc.New[int](1)
	p, _ = tx.TryReserve()
	rx.Close()
	mustFail(t, tryRecvErr(rx), mpsc.ErrClosed)
	mustFail(t, p.Send(1), mpsc.ErrClosed)
	if tx.Len() != 0 {
		t.Error("a value was queued for nobody")
	}
}

func TestASendFutureSendsOneValueAfterTheOther(t *testing.T) {
	tx, rx := mpsc.New[int](1)
	w, f := sendWaiter(t, tx, 1)
	w.answers(t, 0)
	f.Reset(2)
	w.pends(t)
	mustPanic(t, "mpsc: Reset of a SendFuture that is pending", func() { f.Reset(3) })
	mustPanic(t, "mpsc: Unsent of a SendFuture that is pending", func() { f.Unsent() })
	mustRecv(t, rx, 1)
	w.answers(t, 1)
	mustRecv(t, rx, 2)
}

func TestRecvManyTakesWhatThereIs(t *testing.T) {
	tx, rx := mpsc.New[int](4)
	buf := make([]int, 3)
	f := rx.RecvManyFuture(buf)
	w := newWaiter[core.Result[int]](t, &f)
	w.pends(t)
	mustSend(t, tx, 1, 2)
	if r := w.answers(t, 1); r.Value != 2 || r.Err != nil || !slices.Equal(buf[:2], []int{1, 2}) {
		t.Errorf("have %v, %v", r, buf)
	}
	mustSend(t, tx, 3, 4, 5)
	mustRecv(t, rx, 3)
	mustSend(t, tx, 6, 7) // which the receiver has yet to hear of
	var ws []*waiter[error]
	for range 3 {
		s, _ := sendWaiter(t, tx, 8)
		s.pends(t)
		ws = append(ws, s)
	}
	if r := w.answers(t, 1); r.Value != 3 || !slices.Equal(buf, []int{4, 5, 6}) {
		t.Errorf("have %v, %v", r, buf)
	}
	for _, s := range ws {
		mustFail(t, s.answers(t, 1), nil)
	}
	if n, err := rx.TryRecvMany(nil); n != 0 || err != nil {
		t.Errorf("have %d, %v", n, err)
	}
	none := rx.RecvManyFuture(nil)
	if r := newWaiter[core.Result[int]](t, &none).answers(t, 0); r.Value != 0 || r.Err != nil {
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
	w.pends(t)
	w.drop()
	tx.Close()
	mustFail(t, w.answers(t, 1).Err, mpsc.ErrClosed)
	_, err = rx.TryRecvMany(buf)
	mustFail(t, err, mpsc.ErrClosed)
}

func TestUntilClosedAnswersAtTheClose(t *testing.T) {
	tx, rx := mpsc.New[int](1)
	f, g := tx.UntilClosedFuture(), tx.UntilClosedFuture()
	w, dropped := newWaiter[struct{}](t, &f), newWaiter[struct{}](t, &g)
	w.pends(t)
	w.pends(t)
	dropped.pends(t)
	dropped.drop()
	rx.Stop()
	w.answers(t, 1)
	w.answers(t, 1)
	if dropped.wakes != 0 {
		t.Error("woken after it had gone")
	}
	utx, urx := mpsc.Unbounded[int]()
	u := utx.UntilClosedFuture()
	uw := newWaiter[struct{}](t, &u)
	uw.pends(t)
	urx.Close()
	uw.answers(t, 1)
}

func TestWakesGoThroughTheWorker(t *testing.T) {
	tx, rx := mpsc.New[int](1)
	h, cx := newSpy(t)
	w := recvWaiter(t, rx)
	w.pends(t)
	mustFail(t, tx.TrySendOn(cx, 1), nil)
	s, _ := sendWaiter(t, tx, 2)
	s.pends(t)
	if v, err := rx.TryRecvOn(cx); v != 1 || err != nil {
		t.Errorf("have %d, %v", v, err)
	}
	s.answers(t, 1)
	mustRecv(t, rx, 2)
	p, _ := tx.TryReserve()
	s, _ = sendWaiter(t, tx, 3)
	s.pends(t)
	p.ReleaseOn(cx)
	s.answers(t, 1)
	mustRecv(t, rx, 3)
	p, _ = tx.TryReserve()
	w.pends(t)
	p.SendOn(cx, 4)
	w.answers(t, 2)
	if h.woken != 4 {
		t.Errorf("%d wakes through the host, want 4", h.woken)
	}
}

// A waker may use the channel: no lock is held around it.
func TestAChannelWakesOutsideOfItsLocks(t *testing.T) {
	tx, rx := mpsc.New[int](1)
	cx := newHost(t).Context()
	calls := 0
	use := core.WakerFunc(func() { calls++; tx.Len(); tx.TrySend(5) })
	for name, wake := range map[string]func(){
		"send":    func() { tx.TrySend(1) },
		"close":   func() { rx.Stop() },
		"discard": func() { rx.Close() },
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
	var ws []*waiter[error]
	for range 200 {
		w, _ := sendWaiter(t, tx, 1)
		ws = append(ws, w)
	}
	allocates(t, "poll style", 0, func() {
		for _, w := range ws {
			w.poll()
		}
		for range 200 {
			r.poll()
			for _, w := range ws[100:] {
				if w.wakes > 0 {
					w.poll()
					w.wakes = 0
				}
			}
		}
		r.poll()
	})
	allocates(t, "goroutine", 0, func() {
		tx.SendWait(t.Context(), 1)
		rx.RecvWait(t.Context())
	})
	if rx.Len() != 0 {
		t.Errorf("%d are left", rx.Len())
	}
}

// Regression: a woken waiter that a newcomer had beaten to the place was not queued again.
//
// The receiver frees several places at once, and the first sender that is woken for one lets another
// try: the places are for those in line.
func TestNobodyTakesAPlaceWhileOthersAreBeingWokenForIt(t *testing.T) {
	tx, rx := mpsc.New[int](3)
	mustSend(t, tx, 1, 2, 3)
	first := tx.SendFuture(4)
	cx := newHost(t).Context()
	calls := 0
	cx.ForHost().Begin(core.WakerFunc(func() {
		calls++
		mustFail(t, tx.TrySend(9), mpsc.ErrFull)
	}))
	first.Poll(cx)
	var ws []*waiter[error]
	for i := range 2 {
		w, _ := sendWaiter(t, tx, 5+i)
		w.pends(t)
		ws = append(ws, w)
	}
	if n, err := rx.TryRecvMany(make([]int, 3)); n != 3 || err != nil || calls != 1 {
		t.Fatalf("have %d, %v, %d calls", n, err, calls)
	}
	first.Poll(cx)
	for _, w := range ws {
		mustFail(t, w.answers(t, 1), nil)
	}
	mustRecv(t, rx, 4, 5, 6)
}

// Senders are sent away in several goes, with the lock free in between: a place that is given back
// then is not for them.
func TestNoPlaceIsGivenAwayAfterTheClose(t *testing.T) {
	tx, rx := mpsc.New[int](1)
	p, _ := tx.TryReserve()
	first := tx.SendFuture(0)
	cx := newHost(t).Context()
	cx.ForHost().Begin(core.WakerFunc(p.Release))
	first.Poll(cx)
	var ws []*waiter[error]
	for range 40 {
		w, _ := sendWaiter(t, tx, 1)
		w.pends(t)
		ws = append(ws, w)
	}
	rx.Stop()
	for _, w := range ws {
		mustFail(t, w.answers(t, 1), mpsc.ErrClosed)
	}
	mustFail(t, tryRecvErr(rx), mpsc.ErrClosed)
}
