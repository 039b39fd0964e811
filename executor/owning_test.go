package executor_test

import (
	"context"
	"fmt"
	"io"
	"sync/atomic"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// A resource counts how often it is closed.
type resource struct{ closed atomic.Int32 }

func (r *resource) Close() error { r.closed.Add(1); return nil }

// Resources go to tasks that are aborted, or whose runtime closes, at every moment of their lives.
func TestAResourceHasAnOwnerAtEveryMoment(t *testing.T) {
	const n = 60
	for name, end := range map[string]func(rt *executor.Runtime, hs []joinhandle.JoinHandle[int]){
		"aborted": func(_ *executor.Runtime, hs []joinhandle.JoinHandle[int]) {
			for _, h := range hs {
				h.Abort()
			}
		},
		"closed": func(*executor.Runtime, []joinhandle.JoinHandle[int]) {},
		"shut down": func(rt *executor.Runtime, _ []joinhandle.JoinHandle[int]) {
			over, cancel := context.WithCancel(context.Background())
			cancel()
			rt.Shutdown(over)
		},
	} {
		for _, on := range []string{"outside", "a task", "worker 0", "worker 0 with its thread"} {
			rt := startRuntime(t, executor.Options{LockOSThread: on == "worker 0 with its thread"})
			resources := make([]resource, n)
			spawnAll := func(s core.Spawner) (hs []joinhandle.JoinHandle[int]) {
				for i := range resources {
					r := &resources[i]
					hs = append(hs, executor.GoOwning(s, r, func(co *coro.Co) (int, error) {
						defer r.Close()
						return 0, co.Suspend()
					}))
				}
				return hs
			}
			switch on {
			case "outside":
				end(rt, spawnAll(rt))
			case "worker 0", "worker 0 with its thread":
				end(rt, spawnAll(rt.On(0)))
			case "a task":
				hs, err := executor.Go(rt, func(co *coro.Co) ([]joinhandle.JoinHandle[int], error) {
					hs := spawnAll(co)
					if name == "aborted" {
						end(rt, hs)
					}
					return hs, nil
				}).Wait(context.Background())
				if err != nil {
					t.Fatal(err)
				}
				end(rt, hs)
			}
			rt.Close()
			for i := range resources {
				if c := resources[i].closed.Load(); c != 1 {
					t.Fatalf("%s, spawned from %s: number %d was closed %d times", name, on, i, c)
				}
			}
		}
	}
}

func TestAResourceOfATaskThatIsRefusedIsClosed(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	rt.Close()
	for _, s := range []core.Spawner{rt, rt.On(0), executor.Named(rt, "refused")} {
		var r resource
		h := executor.GoOwning(s, &r, func(*coro.Co) (int, error) { t.Error("it began"); return 0, nil })
		if r.closed.Load() != 1 || !h.Finished() {
			t.Errorf("closed %d times, finished %t", r.closed.Load(), h.Finished())
		}
	}
}

func ExampleDoOwning() {
	rt, err := executor.New(executor.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rt.Close()
	conn, peer := io.Pipe() // a connection, say
	h := executor.DoOwning(rt, conn, func(co *coro.Co) error {
		defer conn.Close()
		text, err := executor.Blocking(co, func() (string, error) {
			b := make([]byte, 5)
			_, err := io.ReadFull(conn, b)
			return string(b), err
		})
		fmt.Println(text)
		return err
	})
	io.WriteString(peer, "hello")
	_, err = h.Wait(context.Background())
	fmt.Println(err)
	// Output:
	// hello
	// <nil>
}

func ExampleGoOwning() {
	rt, err := executor.New(executor.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	conn, peer := io.Pipe() // a connection, say
	h := executor.GoOwning(rt, conn, func(co *coro.Co) (int, error) {
		defer conn.Close()
		return 0, co.Suspend()
	})
	h.Abort() // it may or may not have begun
	rt.Close()
	_, err = peer.Write([]byte("hello"))
	fmt.Println(err)
	// Output: io: read/write on closed pipe
}
