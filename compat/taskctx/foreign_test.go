package taskctx_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/compat/taskctx"
	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// A bare context is of a type that package context does not know, without AfterFunc. Several may share the channel.
type bare struct {
	done  chan struct{}
	cause error // of this context once done is closed
}

func (*bare) Deadline() (t time.Time, ok bool) { return t, false }
func (b *bare) Done() <-chan struct{}          { return b.done }
func (b *bare) Value(k any) any {
	if k == key("cause") {
		return b.cause
	}
	return nil
}

func (b *bare) Err() error {
	select {
	case <-b.done:
		return b.cause
	default:
		return nil
	}
}

// A prompt context calls the functions of AfterFunc at once, on the goroutine that ends it or that registers them.
type prompt struct {
	bare
	mu    sync.Mutex
	funcs []func()
}

func (p *prompt) AfterFunc(f func()) (stop func() bool) {
	p.mu.Lock()
	if p.Err() != nil {
		p.mu.Unlock()
		f()
		f() // a second call has no effect
		return nil
	}
	defer p.mu.Unlock()
	p.funcs = append(p.funcs, f) // and never takes it back
	return func() bool { return false }
}

func (p *prompt) end() {
	p.mu.Lock()
	close(p.done)
	funcs := p.funcs
	p.mu.Unlock()
	for _, f := range funcs {
		f()
	}
}

// A fickle context returns another channel at each call of Done.
type fickle struct{ bare }

func (f *fickle) Done() <-chan struct{} {
	c := make(chan struct{})
	go func() {
		<-f.done
		close(c)
	}()
	return c
}

// Contexts of foreign types end their tasks, each with its own cause and values, also where two share a channel.
func TestContextsOfForeignTypesEndTheirTasks(t *testing.T) {
	rounds := 800 / 8 // in each of eight modes
	if testing.Short() {
		rounds /= 10
	}
	rt := startRuntime(t, executor.Options{OnPanic: func(executor.TaskInfo, *task.PanicError) {}})
	for range rounds {
		shared := make(chan struct{})
		p := &prompt{bare: bare{make(chan struct{}), errors.New("prompt")}}
		f := &fickle{bare{make(chan struct{}), errors.New("fickle")}}
		contexts := []context.Context{
			&bare{shared, errors.New("first")}, &bare{shared, errors.New("second")},
			context.WithValue(&bare{shared, errors.New("third")}, key("k"), 1), p, f,
			context.WithoutCancel(p),
		}
		ends := []func(){func() { close(shared) }, p.end, func() { close(f.done) }}
		var handles []joinhandle.JoinHandle[struct{}]
		var of []int
		var nested []bool
		resources := make([]resource, 3*len(contexts))
		for i := range resources {
			r, n := &resources[i], i%len(contexts)
			yields, how := rand.IntN(20), rand.IntN(4)
			of, nested = append(of, n), append(nested, how == 2)
			handles = append(handles, taskctx.DoOwning(contexts[n], rt, r, func(co *coro.Co) error {
				defer r.Close()
				for range yields {
					if err := co.Yield(); err != nil {
						return err
					}
				}
				switch how {
				case 0: // ignores it
					for {
						co.Suspend()
					}
				case 1: // is kept out for a while
					coro.Shield(co, func(co *coro.Co) error { return coro.Sleep(co, 100*time.Microsecond) })
				case 2: // waits in another context
					return coro.WithContext(co, contexts[(n+1)%len(contexts)], (*coro.Co).Suspend)
				}
				return co.Suspend()
			}))
		}
		var ending sync.WaitGroup
		for _, end := range ends {
			ending.Go(func() {
				for range rand.IntN(200) {
					runtime.Gosched()
				}
				end()
			})
		}
		for i, h := range handles {
			if of[i] == len(contexts)-1 { // it has no end
				ending.Go(func() { h.Abort() })
			}
		}
		ending.Wait()
		for i, h := range handles {
			_, err := join(t, h)
			var je *joinhandle.JoinError
			if !errors.Is(err, core.ErrCancelled) {
				t.Errorf("%d: have %v", of[i], err)
			}
			why := contexts[of[i]].Value(key("cause")).(error)
			inner := contexts[(of[i]+1)%len(contexts)].Value(key("cause")).(error) // of a scope, which may end first
			byItself := errors.Is(err, why) && errors.As(err, &je) || nested[i] && errors.Is(err, inner)
			if of[i] < len(contexts)-1 && !byItself {
				t.Errorf("%d: have %v, want %v", of[i], err, why)
			}
			if c := resources[i].closed.Load(); c != 1 {
				t.Errorf("%d: closed %d times", of[i], c)
			}
		}
	}
}

// A runtime that ends with tasks in scopes of contexts leaves none behind, nor goroutines for them.
func TestARuntimeThatEndsLeavesNoScopes(t *testing.T) {
	for _, close := range []bool{true, false} {
		ctx, cancel := newCounting()
		rt := startRuntime(t, executor.Options{})
		for i := range 100 {
			taskctx.Do(ctx, rt, func(co *coro.Co) error {
				for range i % 3 {
					co.Yield()
				}
				return coro.WithContext(co, context.WithValue(ctx, key("k"), i), func(co *coro.Co) error {
					for {
						if err := co.Suspend(); err != nil && i%2 == 0 {
							return fmt.Errorf("ended: %w", err)
						}
					}
				})
			})
		}
		if close {
			rt.Close()
		} else {
			rt.Shutdown(ended(errCause))
		}
		ctx.unused(t)
		cancel(nil)
	}
}
