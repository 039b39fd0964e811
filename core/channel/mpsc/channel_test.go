package mpsc_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"
	"weak"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/channel/mpsc"
	"github.com/moduvex/moduvex-go/core/internal/racetest"
	"github.com/moduvex/moduvex-go/core/internal/waittest"
)

func sendWaiter[T any](t testing.TB, tx *mpsc.Sender[T], v T) (*waittest.Waiter[error], *mpsc.SendFuture[T]) {
	f := tx.SendFuture(v)
	return waittest.NewWaiter[error](t, &f), &f
}

func reserveWaiter(t testing.TB, tx *mpsc.Sender[int]) *waittest.Waiter[core.Result[mpsc.Permit[int]]] {
	f := tx.ReserveFuture()
	return waittest.NewWaiter[core.Result[mpsc.Permit[int]]](t, &f)
}

func recvWaiter[T any](t testing.TB, rx *mpsc.Receiver[T]) *waittest.Waiter[core.Result[T]] {
	return waittest.NewWaiter[core.Result[T]](t, rx)
}

func mustSend[T any](t testing.TB, tx *mpsc.Sender[T], vs ...T) {
	t.Helper()
	for _, v := range vs {
		if err := tx.TrySend(v); err != nil {
			t.Fatalf("TrySend(%v): %v", v, err)
		}
	}
}

func mustRecv(t testing.TB, rx *mpsc.Receiver[int], want ...int) {
	t.Helper()
	for _, want := range want {
		if v, err := rx.TryRecv(); v != want || err != nil {
			t.Fatalf("have %d, %v, want %d", v, err, want)
		}
	}
}

func mustFail(t testing.TB, have, want error) {
	t.Helper()
	if have != want {
		t.Errorf("have %v, want %v", have, want)
	}
}

func tryRecvErr[T any](rx *mpsc.Receiver[T]) error { _, err := rx.TryRecv(); return err }

func TestValuesArriveInTheOrderTheyWereSent(t *testing.T) {
	tx, rx := mpsc.New[int](3)
	mustFail(t, tryRecvErr(rx), mpsc.ErrEmpty)
	mustSend(t, tx, 1, 2, 3)
	mustFail(t, tx.TrySend(4), mpsc.ErrFull)
	if tx.Len() != 3 || rx.Len() != 3 || tx.Capacity() != 3 || rx.Capacity() != 3 {
		t.Errorf("%d of %d", tx.Len(), tx.Capacity())
	}
	mustRecv(t, rx, 1, 2, 3)
	mustFail(t, tryRecvErr(rx), mpsc.ErrEmpty)
	if tx.Len() != 0 {
		t.Errorf("%d values are left", tx.Len())
	}
}

// The receiver knows of several values and takes them without the lock: each frees one slot.
func TestEachReceivedValueFreesOneSlot(t *testing.T) {
	tx, rx := mpsc.New[int](4)
	mustSend(t, tx, 1, 2, 3, 4)
	for i := range 20 {
		mustRecv(t, rx, i+1)
		if tx.Len() != 3 {
			t.Errorf("%d values, want 3", tx.Len())
		}
		mustSend(t, tx, i+5)
		mustFail(t, tx.TrySend(0), mpsc.ErrFull)
	}
}

func TestQueuesOfEverySizeAgreeWithAModel(t *testing.T) {
	type big [3000]byte // two do not fit in a chunk
	run(t, func(i int) big { return big{byte(i), 2999: byte(i >> 8)} })
	run(t, func(i int) *int { return &i })
	run(t, func(i int) struct{} { return struct{}{} })
	run(t, func(i int) int { return i })
}

func run[T comparable](t *testing.T, value func(i int) T) {
	rounds := 200
	if racetest.Enabled || testing.Short() {
		rounds = 30
	}
	for _, capacity := range []int{1, 2, 3, 63, 64, 65, 300, 5000} {
		tx, rx := mpsc.New[T](capacity)
		rng := rand.New(rand.NewPCG(uint64(capacity), 1))
		var model []T
		buf := make([]T, 100)
		for i := range rounds {
			for range rng.IntN(200) {
				v := value(i)
				err := tx.TrySend(v)
				if full := len(model) == capacity; full != (err == mpsc.ErrFull) {
					t.Fatalf("capacity %d: %v with %d values", capacity, err, len(model))
				} else if !full {
					model = append(model, v)
				}
			}
			n := rng.IntN(200)
			if rng.IntN(2) == 0 {
				n, _ = rx.TryRecvMany(buf[:min(n, len(buf))])
				for i, v := range buf[:n] {
					if v != model[i] {
						t.Fatalf("capacity %d: another value than was sent", capacity)
					}
				}
				model = model[n:]
			} else {
				for range n {
					v, err := rx.TryRecv()
					if empty := len(model) == 0; empty != (err == mpsc.ErrEmpty) {
						t.Fatalf("capacity %d: %v with %d values", capacity, err, len(model))
					} else if empty {
						break
					}
					if v != model[0] {
						t.Fatalf("capacity %d: another value than was sent", capacity)
					}
					model = model[1:]
				}
			}
			if tx.Len() != len(model) {
				t.Fatalf("capacity %d: length %d, want %d", capacity, tx.Len(), len(model))
			}
		}
	}
}

func TestAHugeCapacityTakesNoMemoryBeforeItIsUsed(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	tx, rx := mpsc.New[[1 << 10]byte](math.MaxInt)
	mustSend(t, tx, [1 << 10]byte{1})
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > 64<<10 {
		t.Errorf("took %d bytes", took)
	}
	if v, err := rx.TryRecv(); v[0] != 1 || err != nil {
		t.Error(err)
	}
}

func TestBadInputPanics(t *testing.T) {
	for _, n := range []int{0, -1} {
		waittest.MustPanic(t, fmt.Sprintf("mpsc: New with a capacity of %d, which is not positive", n), func() { mpsc.New[int](n) })
	}
	var p mpsc.Permit[int]
	waittest.MustPanic(t, "mpsc: Send with a Permit that was used", func() { p.Send(1) })
	waittest.MustPanic(t, "mpsc: Release with a Permit that was used", p.Release)
	cx := waittest.Host(t).Context()
	const text = "mpsc: Poll of a future that no Sender has made"
	waittest.MustPanic(t, text, func() { new(mpsc.SendFuture[int]).Poll(cx) })
	waittest.MustPanic(t, text, func() { new(mpsc.ReserveFuture[int]).Poll(cx) })
	waittest.MustPanic(t, "channel: Poll of a ClosedFuture that no Sender has made", func() { new(mpsc.ClosedFuture).Poll(cx) })
	waittest.MustPanic(t, "mpsc: Poll of a RecvManyFuture that no Receiver has made", func() { new(mpsc.RecvManyFuture[int]).Poll(cx) })
	for _, f := range []any{new(mpsc.SendFuture[int]), new(mpsc.ReserveFuture[int]), new(mpsc.ClosedFuture), new(mpsc.RecvManyFuture[int])} {
		core.Drop(f)
	}
}

func TestCloseIsIdempotentAndTheCloneOfAClosedSenderIsClosed(t *testing.T) {
	tx, rx := mpsc.New[int](1)
	other := tx.Clone()
	tx.Close()
	tx.Close()
	clone := tx.Clone()
	clone.Close()
	mustFail(t, clone.TrySend(1), mpsc.ErrClosed)
	mustSend(t, other, 1) // it counts as one sender still
	mustRecv(t, rx, 1)
	mustFail(t, tryRecvErr(rx), mpsc.ErrEmpty)

	utx, urx := mpsc.Unbounded[int]()
	uother := utx.Clone()
	utx.Close()
	utx.Close()
	uclone := utx.Clone()
	uclone.Close()
	mustFail(t, uclone.Send(1), mpsc.ErrClosed)
	mustFail(t, uother.Send(1), nil)
	mustRecv(t, urx, 1)
	mustFail(t, tryRecvErr(urx), mpsc.ErrEmpty)
	if !errors.Is(mpsc.ErrClosed, core.ErrClosed) {
		t.Error("ErrClosed is no core.ErrClosed")
	}
}

func TestAReceiverGetsWhatIsQueuedBeforeTheEnd(t *testing.T) {
	tx, rx := mpsc.New[int](4)
	second := tx.Clone()
	mustSend(t, tx, 1)
	mustSend(t, second, 2)
	tx.Close()
	mustFail(t, tx.TrySend(3), mpsc.ErrClosed)
	mustSend(t, second, 3)
	second.Close()
	mustRecv(t, rx, 1, 2, 3)
	w := recvWaiter(t, rx)
	for range 2 {
		if r := w.Completes(t, 0); r.Err != mpsc.ErrClosed {
			t.Errorf("have %v", r)
		}
		mustFail(t, tryRecvErr(rx), mpsc.ErrClosed)
	}
}

func TestTheLastSendersCloseWakesTheReceiver(t *testing.T) {
	tx, rx := mpsc.New[int](4)
	second := tx.Clone()
	w := recvWaiter(t, rx)
	w.Pends(t)
	tx.Close()
	w.Pends(t)
	second.Close()
	if r := w.Completes(t, 1); r.Err != mpsc.ErrClosed {
		t.Errorf("have %v", r)
	}
}

func TestAWeakSenderDoesNotKeepTheChannelOpen(t *testing.T) {
	tx, rx := mpsc.New[int](4)
	weak := tx.Downgrade()
	up, ok := weak.Upgrade()
	if !ok {
		t.Fatal("the channel is open")
	}
	tx.Close()
	mustSend(t, up, 1)
	up.Close()
	if _, ok := weak.Upgrade(); ok {
		t.Error("upgraded after the last sender was closed")
	}
	mustRecv(t, rx, 1)
	mustFail(t, tryRecvErr(rx), mpsc.ErrClosed)

	utx, urx := mpsc.Unbounded[int]()
	uweak := utx.Downgrade()
	uup, ok := uweak.Upgrade()
	if !ok {
		t.Fatal("the channel is open")
	}
	utx.Close()
	mustFail(t, uup.Send(1), nil)
	uup.Close()
	if _, ok := uweak.Upgrade(); ok {
		t.Error("upgraded after the last sender was closed")
	}
	mustRecv(t, urx, 1)
	mustFail(t, tryRecvErr(urx), mpsc.ErrClosed)
}

func TestStopKeepsNewValuesOut(t *testing.T) {
	tx, rx := mpsc.New[int](2)
	mustSend(t, tx, 1, 2)
	a, f := sendWaiter(t, tx, 3)
	b := reserveWaiter(t, tx)
	gone, _ := sendWaiter(t, tx, 4)
	a.Pends(t)
	b.Pends(t)
	gone.Pends(t)
	if tx.Closed() {
		t.Error("closed before Close")
	}
	rx.Stop()
	rx.Stop()
	if !tx.Closed() {
		t.Error("not closed after Close")
	}
	gone.Drop()
	mustFail(t, a.Completes(t, 1), mpsc.ErrClosed)
	if f.Unsent() != 3 || f.Unsent() != 0 {
		t.Error("the value was not given back, or twice")
	}
	mustFail(t, b.Completes(t, 1).Err, mpsc.ErrClosed)
	mustFail(t, tx.TrySend(5), mpsc.ErrClosed)
	_, err := tx.TryReserve()
	mustFail(t, err, mpsc.ErrClosed)
	late, _ := sendWaiter(t, tx, 6)
	mustFail(t, late.Completes(t, 0), mpsc.ErrClosed)
	mustRecv(t, rx, 1, 2)
	mustFail(t, tryRecvErr(rx), mpsc.ErrClosed)
}

// Regression: a receiver that was dropped kept the values in the queue alive.
func TestCloseReleasesTheQueue(t *testing.T) {
	tx, rx := mpsc.New[*[100]int](100)
	var refs []weak.Pointer[[100]int]
	send := func(send func(*[100]int)) {
		v := new([100]int)
		refs = append(refs, weak.Make(v))
		send(v)
	}
	for range 70 { // more than a chunk
		send(func(v *[100]int) { mustSend(t, tx, v) })
	}
	rx.TryRecv() // the slot is empty then
	tx.TryReserve()
	full, _ := mpsc.New[*[100]int](1)
	mustSend(t, full, nil)
	var waiting *waittest.Waiter[error]
	send(func(v *[100]int) {
		waiting, _ = sendWaiter(t, full, v)
		waiting.Pends(t)
		waiting.Drop() // releases its value
	})
	rx.Close()
	rx.Close()
	if tx.Len() != 0 {
		t.Errorf("%d values are left", tx.Len())
	}
	mustFail(t, tx.TrySend(nil), mpsc.ErrClosed)
	mustFail(t, tryRecvErr(rx), mpsc.ErrClosed)
	runtime.GC()
	for i, ref := range refs {
		if ref.Value() != nil {
			t.Errorf("value %d is alive", i)
		}
	}
	runtime.KeepAlive(tx)
	runtime.KeepAlive(rx)
	runtime.KeepAlive(waiting)
}

func TestAnUnboundedChannelTakesAll(t *testing.T) {
	tx, rx := mpsc.Unbounded[int]()
	w := recvWaiter(t, rx)
	w.Pends(t)
	const n = 10_000
	clone := tx.Clone()
	for i := range n {
		mustFail(t, clone.Send(i), nil)
	}
	if r := w.Completes(t, 1); r.Value != 0 || tx.Len() != n-1 || rx.Capacity() != math.MaxInt {
		t.Errorf("have %v, %d are left", r, tx.Len())
	}
	for i := range n - 1 {
		mustRecv(t, rx, i+1)
	}
	h, cx := waittest.NewSpy(t)
	w.Pends(t)
	mustFail(t, tx.SendOn(cx, 7), nil)
	if h.Woken != 1 {
		t.Errorf("%d wakes through the host, want 1", h.Woken)
	}
	w.Completes(t, 2)
	rx.Stop()
	if !tx.Closed() {
		t.Error("not closed")
	}
	mustFail(t, tx.Send(1), mpsc.ErrClosed)
	tx.Close()
	mustFail(t, tx.Send(1), mpsc.ErrClosed)
}

func TestAValueThatWasReceivedIsReleased(t *testing.T) {
	tx, rx := mpsc.New[*[100]int](4)
	v := new([100]int)
	ref := weak.Make(v)
	mustSend(t, tx, v, nil)
	v = nil
	rx.TryRecv()
	runtime.GC()
	if ref.Value() != nil {
		t.Error("the channel keeps a value that was received")
	}
	runtime.KeepAlive(tx)
	runtime.KeepAlive(rx)
}
