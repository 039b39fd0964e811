// Package coescape has uses of a Co by others than its body, and by its body.
package coescape

import (
	"context"
	"iter"
	"sync"
	"sync/atomic"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/joinhandle"
)

func await(co *coro.Co) error { return co.Yield() }

func goroutines(co *coro.Co) {
	go await(co)                // want `co belongs to its body, and is used here by another goroutine, .* \(coescape\)`
	go func(co *coro.Co) {}(co) // want `another goroutine`
	go func() {
		coro.Sleep(co, time.Second) // want `another goroutine`
		co.Suspend()                // want `another goroutine`
		func() { await(co) }()      // want `another goroutine`
		executor.Do(co, await)      // want `another goroutine`
	}()
	var wg sync.WaitGroup
	wg.Go(func() { await(co) })                                        // want `another goroutine`
	time.AfterFunc(time.Second, func() { await(co) })                  // want `another goroutine`
	context.AfterFunc(co, func() { await(co) })                        // want `another goroutine`
	co.AfterFunc(func() { await(co) })                                 // want `another goroutine`
	executor.Blocking(co, func() (int, error) { return 0, await(co) }) // want `another goroutine`
}

func tasks(parent *coro.Co, set *joinhandle.JoinSet[int]) error {
	executor.Do(parent, func(co *coro.Co) error { return await(parent) })                // want `parent belongs to its body, and is used here by another task, which has a Co of its own`
	executor.Go(parent, func(*coro.Co) (int, error) { return 0, await(parent) })         // want `another task`
	set.Go(func(*coro.Co) (int, error) { return 0, parent.Suspend() })                   // want `another task`
	executor.Do(parent, func(*coro.Co) error { executor.Do(parent, await); return nil }) // want `another task`
	coro.NewDo[int](func(*coro.Co) error { return await(parent) })                       // want `another task`
	return coro.WithGroup(parent, coro.GroupOptions{}, func(co *coro.Co, g *coro.Group) error {
		r := coro.NewResults[int](g)
		r.Go(co, func(*coro.Co) (int, error) { return 0, await(co) }) // want `another task`
		return g.Do(co, func(*coro.Co) error {
			return coro.WithTimeout(co, time.Second, // want `another task`
				func(inner *coro.Co) error { return await(inner) })
		})
	})
}

var (
	global  *coro.Co
	globals = map[int]*coro.Co{}
	adapter struct{ co *coro.Co }
)

func stored(co *coro.Co, ch chan *coro.Co) {
	global = co     // want `stored in a package-level variable`
	globals[1] = co // want `stored in a package-level variable`
	adapter.co = co // want `stored in a package-level variable`
	ch <- co        // want `sent to another goroutine`
}

// Misses.

func contexts(co *coro.Co, query func(context.Context), contexts chan context.Context) {
	go query(co)
	go func() {
		<-co.Done()
		query(co)
		_, _ = co.Deadline()
		_ = co.Err()
	}()
	executor.Blocking(co, func() (int, error) { query(co); return 0, co.Cause() })
	contexts <- co
}

func ownCos(co *coro.Co, rt *executor.Runtime) error {
	executor.Do(co, func(co *coro.Co) error { return await(co) })
	go func() {
		executor.Do(rt, func(co *coro.Co) error { return await(co) })
	}()
	go executor.Do(rt, await)
	return coro.WithTimeout(co, time.Second, func(inner *coro.Co) error { return await(co) })
}

func arguments(co *coro.Co) {
	_, _ = executor.Blocking(co, func() (int, error) { return 0, nil })
	defer func() { await(co) }()
	func() { await(co) }()
}

func iterators(co *coro.Co) error {
	next, stop := iter.Pull(func(yield func(int) bool) { yield(1); await(co) })
	defer stop()
	next()
	return nil
}

type stream struct {
	co *coro.Co
	s  core.Spawner
}

func (s *stream) use(co *coro.Co) { s.co, s.s = co, co }

func adapted(co *coro.Co) *stream { return &stream{co, co} }

func released() { global = nil }

func spawner(co *coro.Co) {
	var id atomic.Int64
	go func() {
		n, _ := executor.WorkerID(co) // spawns nothing
		id.Store(int64(n))
	}()
}
