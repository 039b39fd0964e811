package unix_test

import (
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/unix"
)

// Regression: goroutines that use one worker's reactor, and are the first to wait for a socket, registered it several times: one
// of them failed.
func TestGoroutinesThatWaitFirstRegisterASocketOnce(t *testing.T) {
	rt := nettest.NewRuntime(t)
	const readers = 4
	var begun, waiting atomic.Int32
	read := func(s *unix.Stream) error {
		p := rt.Parker(0)
		defer p.Release()
		for begun.Add(1); begun.Load() < readers; {
			runtime.Gosched()
		}
		for first := true; ; first = false {
			_, ready, err := s.PollRead(p.Context(), make([]byte, 1))
			if first {
				waiting.Add(1)
			}
			if ready {
				return err
			}
			p.Park()
		}
	}
	for range 1000 {
		a, b := streams(t)
		begun.Store(0)
		waiting.Store(0)
		ended := make(chan error, readers)
		for range readers {
			go func() { ended <- read(a) }()
		}
		for waiting.Load() < readers {
			runtime.Gosched()
		}
		p := rt.Parker(0)
		if n, ready, err := b.PollWrite(p.Context(), make([]byte, readers)); n != readers || !ready || err != nil {
			t.Fatal(n, ready, err)
		}
		p.Release()
		for range readers {
			if err := <-ended; err != nil {
				t.Fatal(err)
			}
		}
		a.Close()
		b.Close()
	}
}
