package lock_test

import (
	"math"
	"reflect"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/internal/waittest"
	"github.com/moduvex/moduvex-go/core/lock"
)

// TestZeroValuesWork: the zero value of each type but Barrier is ready for use.
func TestZeroValuesWork(t *testing.T) {
	var m lock.Mutex
	var rw lock.RWMutex
	var s lock.Semaphore
	var c lock.OnceCell[int]
	var n lock.Notify
	if _, ok := m.TryLock(); !ok {
		t.Error("a zero Mutex is locked")
	}
	if _, ok := rw.TryLock(); !ok {
		t.Error("a zero RWMutex is locked")
	}
	if s.Available() != 0 || s.TryAcquire(1) || s.Closed() {
		t.Errorf("a zero Semaphore has %d permits", s.Available())
	}
	if s.Release(1); !s.TryAcquire(1) {
		t.Error("the permit of a zero Semaphore cannot be acquired")
	}
	if _, ok := c.Get(); ok || !c.Set(7) {
		t.Error("a zero OnceCell is not empty")
	}
	if n.NotifyOne(); n.NotifiedWait(t.Context()) != nil {
		t.Error("a zero Notify does not notify")
	}
}

// TestZeroValuesNameThemselves: a zero Barrier, guard and future panics with a text that names it.
func TestZeroValuesNameThemselves(t *testing.T) {
	waittest.ZeroPanics(t, new(lock.Barrier), "lock: a zero Barrier is not usable: make it with NewBarrier")
	waittest.ZeroPanics(t, new(lock.Guard), "lock: unlock of an unlocked Mutex")
	waittest.ZeroPanics(t, new(lock.ReadGuard), "lock: unlock of an unlocked RWMutex")
	waittest.ZeroPanics(t, new(lock.WriteGuard), "lock: unlock of an unlocked RWMutex")
	waittest.ZeroPanics(t, new(lock.LockFuture), "lock: Poll of a LockFuture that no Mutex has made", "Drop")
	waittest.ZeroPanics(t, new(lock.ReadLockFuture), "lock: Poll of a future that no lock has made", "Drop")
	waittest.ZeroPanics(t, new(lock.WriteLockFuture), "lock: Poll of a future that no lock has made", "Drop")
	waittest.ZeroPanics(t, new(lock.AcquireFuture), "lock: Poll of a future that no lock has made", "Drop")
	waittest.ZeroPanics(t, new(lock.NotifiedFuture), "lock: Poll of a NotifiedFuture that no Notify has made", "Drop")
	waittest.ZeroPanics(t, new(lock.ArriveFuture), "lock: Poll of an ArriveFuture that no Barrier has made", "Drop")
	waittest.ZeroPanics(t, new(lock.InitFuture[int]), "lock: Poll of an InitFuture that no OnceCell has made", "Drop")
	for _, f := range []core.Dropper{
		new(lock.LockFuture), new(lock.ReadLockFuture), new(lock.WriteLockFuture), new(lock.AcquireFuture),
		new(lock.NotifiedFuture), new(lock.ArriveFuture), new(lock.InitFuture[int]),
	} {
		f.Drop() // nothing
	}
}

// TestWhatALockTakes: programs have many of them, and tasks in poll style embed the futures.
func TestWhatALockTakes(t *testing.T) {
	if math.MaxInt == math.MaxInt32 {
		t.Skip("the figures are of 64 bits")
	}
	for _, c := range []struct {
		of   reflect.Type
		want uintptr // at most
	}{
		{reflect.TypeFor[lock.Mutex](), 48},
		{reflect.TypeFor[lock.LockFuture](), 64},
		{reflect.TypeFor[lock.RWMutex](), 48},
		{reflect.TypeFor[lock.AcquireFuture](), 72},
	} {
		if have := c.of.Size(); have > c.want {
			t.Errorf("%v takes %d bytes, want %d at most", c.of, have, c.want)
		}
	}
}
