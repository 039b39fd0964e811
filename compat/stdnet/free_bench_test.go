package stdnet_test

import (
	"io"
	"net"
	"testing"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
)

// BenchmarkFreePingPong is the round trip of a byte between two goroutines over a connection: of package net, of the free
// form, and of the free form while a worker polls, so that each wait is checked for being inside a task. W8 of tools/bench has many
// connections, and the processor time of the server alone.
func BenchmarkFreePingPong(b *testing.B) {
	rt := newRuntime(b, executor.Options{Workers: 1})
	busy := newRuntime(b, executor.Options{Workers: 1})
	defer executor.Do(busy, func(co *coro.Co) error {
		for {
			if err := co.Yield(); err != nil {
				return err
			}
		}
	}).Abort()
	for _, s := range []struct {
		name string
		side
	}{{"net", netSide()}, {"free", freeSide(rt)}, {"free, worker busy", freeSide(busy)}} {
		b.Run(s.name, func(b *testing.B) {
			c, peer := connected(b, s.side, s.side, "tcp")
			echoed := make(chan struct{})
			go func() {
				defer close(echoed)
				pingPong(peer, false)
			}()
			for b.Loop() {
				if err := exchange(c, true); err != nil {
					b.Fatal(err)
				}
			}
			c.Close()
			<-echoed
		})
	}
}

func pingPong(c net.Conn, first bool) {
	for exchange(c, first) == nil {
	}
}

// exchange writes a byte and reads one, or the other way round.
func exchange(c net.Conn, first bool) error {
	b := make([]byte, 1)
	if first {
		if _, err := c.Write(b); err != nil {
			return err
		}
	}
	if _, err := io.ReadFull(c, b); err != nil || first {
		return err
	}
	_, err := c.Write(b)
	return err
}

// BenchmarkInside is what the check of a wait costs where it is not left out, by the depth of the stack.
func BenchmarkInside(b *testing.B) {
	for _, depth := range []int{0, 30} {
		b.Run(map[bool]string{true: "shallow", false: "deep"}[depth == 0], func(b *testing.B) {
			var at func(depth int)
			at = func(depth int) {
				if depth > 0 {
					at(depth - 1)
					return
				}
				for b.Loop() {
					if executor.Inside() {
						b.Fatal("inside a task")
					}
				}
			}
			at(depth)
		})
	}
}
