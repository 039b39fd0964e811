package signal_test

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
	"github.com/moduvex/moduvex-go/executor/signal"
)

func TestATaskThatWouldBlockOnASignalGetsErrNested(t *testing.T) {
	rt, err := executor.New(modetest.Options(executor.Options{}))
	if err != nil {
		t.Fatal(err)
	}
	defer rt.Close()
	_, err = executor.Go(rt, func(co *coro.Co) (int, error) {
		unused := signal.NewStream(os.Interrupt)
		if sig, err := signal.ShutdownOnSignal(context.Background(), rt, 0, unused); sig != nil || !errors.Is(err, core.ErrNested) {
			t.Errorf("ShutdownOnSignal: have %v, %v", sig, err)
		}
		if _, err := unused.TryRecv(); err != signal.ErrClosed {
			t.Errorf("ShutdownOnSignal left its stream open: %v", err)
		}
		s := signal.NewStream(os.Interrupt)
		defer s.Close()
		return 0, coro.WithTimeout(co, time.Minute, func(co *coro.Co) error { // or it would hang if this did not work
			if sig, err := s.RecvWait(co); sig != nil || !errors.Is(err, core.ErrNested) {
				t.Errorf("RecvWait: have %v, %v", sig, err)
			}
			for sig, err := range s.AllWait(co) {
				if sig != nil || !errors.Is(err, core.ErrNested) {
					t.Errorf("AllWait: have %v, %v", sig, err)
				}
			}
			return nil
		})
	}).Wait(context.Background())
	if err != nil {
		t.Error(err)
	}
}
