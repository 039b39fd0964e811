package executor

import (
	"math/rand/v2"
	"sync"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/timer/wheel"
	"github.com/moduvex/moduvex-go/executor/internal/drain"
)

// A keptWorker is the view of a worker that tasks keep where tasks move: a future that was polled on the worker calls
// it from the worker that polls or drops the future later. It touches no field that only the worker's goroutine may
// touch. Any goroutine.
//
//   - Spawn and Wake pass the task to the injector, or to the inbox of the worker that it is bound to.
//   - Arm and Disarm lock the wheel: see timers.
//   - Rand has a source of its own, with a lock.
//   - The reactor, the clock and the epoch are for any goroutine in any case.
type keptWorker worker

var (
	_ core.KeptHost   = (*keptWorker)(nil)
	_ core.MovingHost = (*keptWorker)(nil)
	_ drain.Host      = (*keptWorker)(nil)
)

// Kept implements core.KeptHost. Where tasks stay, they keep the worker itself.
func (w *worker) Kept() core.Host {
	if w.ready.Stealer == nil {
		return w
	}
	return (*keptWorker)(w)
}

// workerAs returns the worker behind h, or nil.
func workerAs(h core.Host) *worker {
	switch h := h.(type) {
	case *worker:
		return h
	case *keptWorker:
		return (*worker)(h)
	}
	return nil
}

func (k *keptWorker) worker() *worker { return (*worker)(k) }

func (k *keptWorker) Kept() core.Host { return k }

func (k *keptWorker) Spawn(r core.Task) error {
	return k.worker().adopt(asTask(r), k.unbound, origin{inside: true})
}

func (k *keptWorker) Wake(w core.Waker) { w.Wake() }

func (k *keptWorker) WakeLater(w core.Waker) { w.Wake() }

func (k *keptWorker) Now() time.Duration { return k.rt.now() }

func (k *keptWorker) Epoch() time.Time { return k.rt.epoch }

func (k *keptWorker) Arm(e *wheel.Entry, at time.Duration) { k.worker().timers.arm(e, at) }

func (k *keptWorker) Disarm(e *wheel.Entry) { k.worker().timers.disarm(e) }

func (k *keptWorker) Shares(other core.Host) bool { return k.worker().Shares(other) }

func (k *keptWorker) Rand() uint64 { return k.keptRand.Uint64() }

func (k *keptWorker) IO() any { return k.reactor }

func (k *keptWorker) DrainList() *drain.List { return k.worker().DrainList() }

// A lockedRand is a random source for any goroutine.
type lockedRand struct {
	mu   sync.Mutex
	rand *rand.Rand
}

func (r *lockedRand) Uint64() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.rand.Uint64()
}
