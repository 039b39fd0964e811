package joinhandle_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// A conn counts how often it is closed.
type conn struct{ closed int }

func (c *conn) Close() error { c.closed++; return nil }

// forms are the ways to pass a conn to a task.
var forms = map[string]func(s core.Spawner, c *conn, body func(co *coro.Co) (int, error)) joinhandle.AbortHandle{
	"Start": func(s core.Spawner, c *conn, body func(co *coro.Co) (int, error)) joinhandle.AbortHandle {
		return joinhandle.Start(s, coro.NewOwning(c, body)).AbortHandle()
	},
	"JoinSet.GoOwning": func(s core.Spawner, c *conn, body func(co *coro.Co) (int, error)) joinhandle.AbortHandle {
		return joinhandle.NewJoinSet[int](s).GoOwning(c, body)
	},
	"JoinSet.DoOwning": func(s core.Spawner, c *conn, body func(co *coro.Co) (int, error)) joinhandle.AbortHandle {
		var do func(co *coro.Co) error
		if body != nil {
			do = func(co *coro.Co) error { _, err := body(co); return err }
		}
		return joinhandle.NewJoinSet[int](s).DoOwning(c, do)
	},
}

func TestWhatIsHandedToATaskIsClosedOnce(t *testing.T) {
	for form, spawn := range forms {
		for name, test := range map[string]struct {
			run   func(h *coretest.Host, spawn func() joinhandle.AbortHandle)
			began bool
		}{
			"it runs": {func(h *coretest.Host, spawn func() joinhandle.AbortHandle) { spawn(); h.Run() }, true},
			"it is aborted before it begins": {
				func(h *coretest.Host, spawn func() joinhandle.AbortHandle) { spawn().Abort(); h.Run() }, true},
			"its host closes before it begins": {
				func(h *coretest.Host, spawn func() joinhandle.AbortHandle) { spawn(); h.Close() }, true},
			"it is refused": {
				func(h *coretest.Host, spawn func() joinhandle.AbortHandle) { h.Close(); spawn() }, false},
		} {
			h := newHost(t)
			c, began := new(conn), false
			var task joinhandle.AbortHandle
			test.run(h, func() joinhandle.AbortHandle {
				task = spawn(h, c, func(co *coro.Co) (int, error) {
					began = true
					defer c.Close()
					return 0, co.Yield()
				})
				return task
			})
			if c.closed != 1 || began != test.began || !task.Finished() {
				t.Errorf("%s, %s: closed %d times, began %t, finished %t", form, name, c.closed, began, task.Finished())
			}
		}
	}
}

// A bad spawner panics, which must not keep a connection open.
type bad struct{}

func (bad) Spawn(core.Task) error { panic("bad spawner") }

func TestWhatIsHandedToATaskIsClosedIfTheSpawnerPanics(t *testing.T) {
	for form, spawn := range forms {
		c := new(conn)
		func() {
			defer func() {
				if v := recover(); v != "bad spawner" {
					t.Errorf("%s: panicked with %v", form, v)
				}
			}()
			spawn(bad{}, c, func(*coro.Co) (int, error) { t.Error("it began"); return 0, nil })
		}()
		if c.closed != 1 {
			t.Errorf("%s: closed %d times", form, c.closed)
		}
	}
}

func TestGoOwningOfNothingPanics(t *testing.T) {
	h := newHost(t)
	for form, spawn := range forms {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s of a nil body did not panic", form)
				}
			}()
			spawn(h, new(conn), nil)
		}()
	}
}

func ExampleStart_owning() {
	host := coretest.New(1)
	host.Close() // it accepts no tasks any more
	c := new(conn)
	h := joinhandle.Start(host, coro.NewOwning(c, func(co *coro.Co) (int, error) {
		defer c.Close()
		return 1, nil
	}))
	r, _ := h.TryJoin()
	fmt.Println("refused:", errors.Is(r.Err, core.ErrShutdown), "closed:", c.closed)
	// Output: refused: true closed: 1
}
