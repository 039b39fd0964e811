package kqueue_test

import (
	"testing"

	"github.com/moduvex/moduvex-go/reactor"
	"github.com/moduvex/moduvex-go/reactor/kqueue"
	"github.com/moduvex/moduvex-go/reactor/reactortest"
)

// TestConformance runs the suite over a double of each kernel.
func TestConformance(t *testing.T) {
	for _, flavour := range kqueue.Flavours {
		t.Run(flavour, func(t *testing.T) {
			reactortest.TestPoller(t, func() (reactor.Poller, error) {
				p, f, err := kqueue.NewOverDouble(flavour)
				if err != nil {
					return nil, err
				}
				t.Cleanup(func() {
					if err := f.Misused(); err != nil {
						t.Error(err)
					}
				})
				return p, err
			})
		})
	}
}

func TestInternals(t *testing.T) {
	for _, flavour := range kqueue.Flavours {
		t.Run(flavour, func(t *testing.T) {
			reactortest.TestInternals(t, func(t *testing.T) reactortest.Internals {
				p, f, err := kqueue.NewOverDouble(flavour)
				if err != nil {
					t.Fatal(err)
				}
				last := 0
				return reactortest.Internals{Poller: p, Notify: p.NotifyFlag(), HoldWait: p.HoldWait, Signals: func() int {
					total := f.Signals(p)
					made := total - last
					if !f.SignalsAreBytes(p) {
						last = total
					}
					return made
				}}
			})
		})
	}
}
