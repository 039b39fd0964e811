package executor

import (
	"io"
	"sync/atomic"

	"github.com/moduvex/moduvex-go/core/coro"
)

// BlockingOwned is [Blocking] for a function whose result must be closed: one that opens a file, say. The
// value has an owner at every moment: if co is cancelled before the body has the value, the pool or the task closes it
// as soon as f has returned it, and the error of that Close is lost.
func BlockingOwned[T io.Closer](co *coro.Co, f func() (T, error)) (T, error) {
	if f == nil {
		panic("executor: BlockingOwned with a nil function")
	}
	h := &handover[T]{}
	defer h.leave() // also if the body is unwound by force
	v, err := Blocking(co, func() (T, error) {
		v, err := f()
		if err == nil {
			h.offer(v)
		}
		return v, err
	})
	if err == nil {
		h.accept()
	}
	return v, err
}

// A handover is a value on its way from the blocking pool to a body.
//
//	          offer               accept
//	making ──────────→ offered ──────────→ gone
//	   │ leave             │ leave: the body closes it
//	   ↓        offer      ↓
//	 left ──────────────→ gone
//	       the pool closes it
//
// So one of the two closes the value, unless the body has accepted it. The leave of a body that has accepted changes
// nothing.
type handover[T io.Closer] struct {
	value T // written before offered, read after it
	state atomic.Uint32
}

const (
	making uint32 = iota
	offered
	left
	gone
)

// offer is called by the pool, once.
func (h *handover[T]) offer(v T) {
	h.value = v
	if !h.state.CompareAndSwap(making, offered) {
		h.close()
	}
}

// accept is called by the body, which has the value: it has been offered.
func (h *handover[T]) accept() { h.state.Store(gone) }

// leave is called by the body, at its end.
func (h *handover[T]) leave() {
	if !h.state.CompareAndSwap(making, left) && h.state.Load() == offered {
		h.close()
	}
}

func (h *handover[T]) close() {
	h.state.Store(gone)
	_ = h.value.Close()
}
