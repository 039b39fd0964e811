package coro_test

import (
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
)

// stubborn are bodies that do not end by themselves after an abort.
var stubborn = []struct {
	name string
	body func(co *coro.Co, await func() error)
}{
	{"a loop", func(_ *coro.Co, await func() error) {
		for {
			await()
		}
	}},
	{"a loop that recovers", func(_ *coro.Co, await func() error) {
		for {
			func() {
				defer func() { recover() }()
				await()
			}()
		}
	}},
	{"a deferred loop", func(_ *coro.Co, await func() error) {
		defer func() {
			for {
				await()
			}
		}()
		await()
	}},
	{"deferred loops that recover", func(_ *coro.Co, await func() error) {
		for range 3 {
			defer func() {
				defer func() { recover() }()
				for {
					await()
				}
			}()
		}
		await()
	}},
	{"a loop in a scope", func(co *coro.Co, await func() error) {
		coro.WithTimeout(co, time.Hour, func(*coro.Co) error {
			for {
				await()
			}
		})
	}},
}

func TestABodyThatIgnoresItsAbortIsUnwoundByForce(t *testing.T) {
	for _, test := range stubborn {
		t.Run(test.name, func(t *testing.T) {
			h := newHost(t)
			var told, made, dropped int
			unwound := false
			s := spawn(t, h, func(co *coro.Co) (int, error) {
				defer func() { unwound = true }()
				test.body(co, func() error {
					g := new(gate)
					made++
					defer func() { dropped += g.drops }()
					err := await(co, g)
					if isAbort(err) {
						told++
					}
					return err
				})
				return 0, nil
			})
			settle(h)
			s.Abort()
			settle(h)
			if _, err := take(t, s); err != core.ErrCancelled || s.State() != task.Cancelled {
				t.Errorf("have %v, %v", err, s.State())
			}
			if !unwound || told != coro.MaxIgnored || dropped != made {
				t.Errorf("unwound %t, told %d times, %d of %d futures dropped", unwound, told, dropped, made)
			}
			if n := h.Coroutines().Idle(); n != 0 {
				t.Errorf("%d coroutines kept: that one is inside Goexit", n)
			}
			if h.Run(); h.Now() != 0 {
				t.Errorf("the clock went on to %v: a timer was left", h.Now())
			}
			if v, err := run(t, func(*coro.Co) (int, error) { return 1, nil }); v != 1 || err != nil {
				t.Errorf("the next body: have %d, %v", v, err)
			}
		})
	}
}

func TestAForcedUnwindingCanBeShielded(t *testing.T) {
	h := newHost(t)
	g := new(gate)
	var during error
	s := spawn(t, h, func(co *coro.Co) (int, error) {
		defer func() {
			during = coro.Shield(co, func(co *coro.Co) error {
				for range 2 * coro.UseSample { // its stack is still known to be a body's
					if err := co.Yield(); err != nil {
						return err
					}
				}
				return await(co, g)
			})
		}()
		for {
			co.Yield()
		}
	})
	for range 10 {
		h.Step()
	}
	s.Abort()
	settle(h)
	if s.Finished() {
		t.Fatal("the shield did not hold")
	}
	g.open(0)
	h.Run()
	if _, err := take(t, s); err != core.ErrCancelled || during != nil {
		t.Errorf("have %v, in the shield %v", err, during)
	}
}

func TestAPanicWhileUnwindingIsTheOutput(t *testing.T) {
	tests := []struct {
		name string
		body func(co *coro.Co)
	}{
		{"of its own accord", func(co *coro.Co) { forever(co) }},
		{"by force", func(co *coro.Co) {
			for {
				co.Yield()
			}
		}},
		{"by Goexit", func(co *coro.Co) { forever(co); runtime.Goexit() }},
	}
	for _, test := range tests {
		h := newHost(t)
		last := false
		s := spawn(t, h, func(co *coro.Co) (int, error) {
			defer func() { last = true }()
			defer panic("boom")
			test.body(co)
			return 0, nil
		})
		for range 10 {
			h.Step()
		}
		s.Abort()
		h.Run()
		var p *task.PanicError
		if _, err := take(t, s); !errors.As(err, &p) || p.Value != "boom" || !last {
			t.Errorf("%s: have %v, all deferred functions run %t", test.name, err, last)
		}
		next := spawn(t, h, func(co *coro.Co) (int, error) { return 1, co.Yield() })
		h.Run()
		if v, err := take(t, next); v != 1 || err != nil {
			t.Errorf("%s: the next body: have %d, %v", test.name, v, err)
		}
	}
}
