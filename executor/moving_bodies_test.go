package executor_test

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// descend recurses with locals on the stack at each level, and moves at the bottom. On the way back they
// must be what they were.
func descend(depth int, move func() error) (sum int, err error) {
	var locals [16]int
	for i := range locals {
		locals[i] = depth * i
	}
	if depth == 0 {
		return 0, move()
	}
	sum, err = descend(depth-1, move)
	for i, v := range locals {
		if v != depth*i {
			return 0, fmt.Errorf("at depth %d the local %d is %d", depth, i, v)
		}
	}
	return sum + locals[1], err
}

func TestCoroutineKeepsItsLocalsOnEveryWorker(t *testing.T) {
	rt := tasksMove(t, executor.Options{})
	const depth, rounds = 50, 3
	never := &gate{}
	f := &tracked{Future: never}
	var order []string
	h := executor.Go(rt, func(co *coro.Co) (sum int, err error) {
		defer func() { order = append(order, "outer") }()
		defer func() { order = append(order, "inner") }()
		for range rounds {
			n, err := descend(depth, func() error { _, err := coro.Await[int](co, f); return err })
			if err != nil {
				return 0, err
			}
			sum += n
			never.mu.Lock()
			never.open = false
			never.mu.Unlock()
		}
		return sum, nil
	})
	for round := range rounds {
		eventually(t, "the body awaits", func() bool { _, n := f.last(); return n >= 1 })
		k := f.settles(t, rt)
		for i := range rt.Workers() {
			if i == rt.Workers()-1 { // goes on, and then awaits again
				never.mu.Lock()
				never.open = true
				never.mu.Unlock()
			}
			pull(t, rt, i, k)
			if at, _ := f.last(); at != i && !h.Finished() {
				t.Fatalf("round %d: worker %d was to resume it, and %d has", round, i, at)
			}
		}
	}
	if sum, want := joinOK(t, h), rounds*depth*(depth+1)/2; sum != want {
		t.Errorf("the sum is %d, want %d", sum, want)
	}
	if !slices.Equal(order, []string{"inner", "outer"}) {
		t.Errorf("the deferred functions ran in the order %v", order)
	}
}

// Bodies that have begun on one worker, which has no other tasks, are stolen and continue on other workers, each
// with its own numbers on its stack. One may stay: a task that is alone is not stolen.
func TestStolenCoroutinesKeepTheirLocals(t *testing.T) {
	rt := tasksMove(t, executor.Options{})
	const bodies = 150
	const home = 0
	release := holdAllBut(t, rt, home)
	var begun, moved atomic.Int64
	var handles []joinhandle.JoinHandle[int]
	joinOK(t, executor.Go(rt, func(co *coro.Co) (int, error) {
		for range bodies {
			handles = append(handles, executor.Go(co, func(co *coro.Co) (int, error) {
				return descend(10, func() error {
					if id, _ := executor.WorkerID(co); id != home {
						t.Errorf("a body began on worker %d, which is occupied", id)
					}
					begun.Add(1)
					for moved.Load() < bodies-1 {
						if err := co.Yield(); err != nil {
							return err
						}
						if id, _ := executor.WorkerID(co); id != home {
							moved.Add(1)
							return nil
						}
					}
					return nil
				})
			}))
		}
		for begun.Load() < bodies {
			if err := co.Yield(); err != nil {
				return 0, err
			}
		}
		release()
		return 0, nil
	}))
	for _, h := range handles {
		if v := joinOK(t, h); v != 55 {
			t.Errorf("a body returned %d", v)
		}
	}
}

// A body that has moved ends where it is: by a panic, by Goexit, or by an abort.
func TestBodyThatMovedEndsOnItsNewWorker(t *testing.T) {
	tests := map[string]struct {
		end   func()
		check func(t *testing.T, h joinhandle.JoinHandle[int])
	}{
		"panic": {explode, func(t *testing.T, h joinhandle.JoinHandle[int]) { wantExplosion(t, joinPanicked(t, h)) }},
		"Goexit": {runtime.Goexit, func(t *testing.T, h joinhandle.JoinHandle[int]) {
			if _, err := join(t, h); !errors.Is(err, core.ErrGoexit) {
				t.Errorf("the join returned %v", err)
			}
		}},
	}
	for name, tt := range tests {
		for _, style := range []string{"poll", "direct"} {
			t.Run(name+"/"+style, func(t *testing.T) {
				rt := tasksMove(t, executor.Options{})
				for i := range rt.Workers() {
					g := &gate{}
					f := &tracked{Future: future.Func(func(cx *core.Context) (int, bool) {
						if _, open := g.Poll(cx); open {
							tt.end()
						}
						return 0, false
					})}
					h := await(rt, style, f)
					k := f.settles(t, rt)
					pull(t, rt, i, k)
					g.mu.Lock()
					g.open = true
					g.mu.Unlock()
					pull(t, rt, (i+1)%rt.Workers(), k)
					tt.check(t, h)
					if at, n := f.last(); at != (i+1)%rt.Workers() || n != 3 || f.drops.Load() != 1 {
						t.Errorf("of %d polls the last was on worker %d; drops: %d", n, at, f.drops.Load())
					}
					alive(t, rt)
				}
			})
		}
	}
}
