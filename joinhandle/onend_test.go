package joinhandle_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
)

// OnEnd calls its function once, however the task ends.
func TestOnEndOfTasksThatEndInEveryWay(t *testing.T) {
	body := func(co *coro.Co) (int, error) { return 0, coro.Sleep(co, 1) }
	for name, run := range map[string]func(h *coretest.Host, ended func()){
		"returns": func(h *coretest.Host, ended func()) {
			spawnBody(h, body).OnEnd(ended)
			h.Run()
		},
		"has ended": func(h *coretest.Host, ended func()) {
			j := spawn(h, future.Ready(1))
			h.Run()
			j.OnEnd(ended)
		},
		"panics": func(h *coretest.Host, ended func()) {
			spawnBody(h, func(*coro.Co) (int, error) { panic("so") }).OnEnd(ended)
			h.Run()
		},
		"is aborted before it begins": func(h *coretest.Host, ended func()) {
			j := spawnBody(h, body)
			j.OnEnd(ended)
			j.Abort()
			h.Run()
		},
		"is aborted while it waits": func(h *coretest.Host, ended func()) {
			j := spawnBody(h, body)
			j.OnEnd(ended)
			h.Step()
			j.Abort()
			h.Run()
		},
		"is given up": func(h *coretest.Host, ended func()) {
			spawnBody(h, body).OnEnd(ended)
			h.Close()
		},
		"is refused": func(h *coretest.Host, ended func()) {
			h.Close()
			spawnBody(h, body).OnEnd(ended)
		},
		"is joined too": func(h *coretest.Host, ended func()) {
			j := spawnBody(h, body)
			j.OnEnd(ended)
			spawn[core.Result[int]](h, core.Future[core.Result[int]](j))
			h.Run()
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := coretest.New(1)
			n := 0
			run(h, func() { n++ })
			h.Close()
			if n != 1 {
				t.Errorf("the function was called %d times", n)
			}
		})
	}
}

func ExampleJoinHandle_OnEnd() {
	h := coretest.New(1)
	defer h.Close()
	j := spawnBody(h, func(co *coro.Co) (int, error) { return 1, coro.Sleep(co, time.Second) })
	j.OnEnd(func() { fmt.Println("one task less") })
	h.Run()
	// Output: one task less
}
