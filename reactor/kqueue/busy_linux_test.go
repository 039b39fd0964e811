package kqueue_test

import (
	"runtime"
	"testing"

	"github.com/moduvex/moduvex-go/reactor"
	"github.com/moduvex/moduvex-go/reactor/kqueue"
)

// While Close waits for the Wait in progress, another Wait is told that the Poller is closed, not that it is busy.
func TestAWaitDuringCloseSaysClosed(t *testing.T) {
	overDoubles(t, func(t *testing.T, p *kqueue.Poller, _ *kqueue.Faults) {
		release := p.HoldWait()
		if _, err := p.Wait(nil, 0); err != reactor.ErrBusy {
			t.Errorf("beside another Wait: %v, want ErrBusy", err)
		}
		done := make(chan error, 1)
		go func() { done <- p.Close() }()
		for p.Notify() != reactor.ErrClosed {
			runtime.Gosched()
		}
		if _, err := p.Wait(nil, 0); err != reactor.ErrClosed {
			t.Errorf("beside Close: %v, want ErrClosed", err)
		}
		release()
		if err := <-done; err != nil {
			t.Errorf("Close: %v", err)
		}
	})
}
