package joinhandle_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/joinhandle"
)

func TestAMethodOfAZeroHandleOrSetPanicsWithItsName(t *testing.T) {
	var h joinhandle.JoinHandle[int]
	var a joinhandle.AbortHandle
	set := new(joinhandle.JoinSet[int])
	host, w := newHost(t), &counter{}
	const (
		handle = "joinhandle: JoinHandle is zero: it was not returned by Spawn, Go or Do"
		abort  = "joinhandle: AbortHandle is zero: it was not returned by JoinHandle.AbortHandle or a JoinSet"
		joins  = "joinhandle: JoinSet is zero: it was not returned by NewJoinSet"
	)
	body := func(*coro.Co) (int, error) { return 0, nil }
	for name, test := range map[string]struct {
		want string
		call func()
	}{
		"JoinHandle.Poll":        {handle, func() { poll(host, w, h) }},
		"JoinHandle.Join":        {handle, func() { h.Join(nil) }},
		"JoinHandle.Wait":        {handle, func() { h.Wait(context.Background()) }},
		"JoinHandle.TryJoin":     {handle, func() { h.TryJoin() }},
		"JoinHandle.Done":        {handle, func() { h.Done() }},
		"JoinHandle.OnEnd":       {handle, func() { h.OnEnd(func() {}) }},
		"JoinHandle.Finished":    {handle, func() { h.Finished() }},
		"JoinHandle.Abort":       {handle, func() { h.Abort() }},
		"JoinHandle.AbortOn":     {handle, func() { h.AbortOn(nil) }},
		"JoinHandle.AbortHandle": {handle, func() { h.AbortHandle() }},
		"JoinHandle.ID":          {handle, func() { h.ID() }},
		"AbortHandle.Abort":      {abort, func() { a.Abort() }},
		"AbortHandle.AbortOn":    {abort, func() { a.AbortOn(nil) }},
		"AbortHandle.Finished":   {abort, func() { a.Finished() }},
		"AbortHandle.ID":         {abort, func() { a.ID() }},
		"JoinSet.Spawn":          {joins, func() { set.Spawn(future.Ready(1)) }},
		"JoinSet.Go":             {joins, func() { set.Go(body) }},
		"JoinSet.Do":             {joins, func() { set.Do(func(*coro.Co) error { return nil }) }},
	} {
		t.Run(name, func(t *testing.T) { mustPanic(t, test.want, test.call) })
	}
}

func TestAZeroJoinSetIsEmptyAndClosesWhatItCannotTake(t *testing.T) {
	set := new(joinhandle.JoinSet[int])
	if _, ok := set.TryJoin(); ok || set.Len() != 0 {
		t.Errorf("TryJoin %t, Len %d", ok, set.Len())
	}
	if _, err := set.Wait(context.Background()); err != joinhandle.ErrEmpty {
		t.Errorf("Wait: %v", err)
	}
	set.AbortAll()
	set.DetachAll()
	set.Drop()
	c := new(conn)
	func() {
		defer func() { recover() }()
		set.GoOwning(c, func(*coro.Co) (int, error) { return 0, nil })
	}()
	if c.closed != 1 {
		t.Errorf("the resource was closed %d times", c.closed)
	}
}

// A spawner that panics leaves the set as it was.
func TestASetForgetsATaskWhoseSpawnerPanics(t *testing.T) {
	set := joinhandle.NewJoinSet[int](bad{})
	mustPanic(t, "bad spawner", func() { set.Spawn(future.Ready(1)) })
	if _, ok := set.TryJoin(); ok || set.Len() != 0 {
		t.Errorf("TryJoin %t, Len %d, want an empty set", ok, set.Len())
	}
}

func TestWaitInsideATaskNamesTheCall(t *testing.T) {
	h := newHost(t)
	set := joinhandle.NewJoinSet[int](h)
	set.Spawn(future.Pending[int]())
	pending := spawn(h, future.Pending[int]())
	do(t, func(co *coro.Co) {
		for _, ctx := range []context.Context{co, context.Background()} {
			_, err := pending.Wait(ctx)
			wantNested(t, err, "JoinHandle.Wait", "JoinHandle.Join")
			_, err = set.Wait(ctx)
			wantNested(t, err, "JoinSet.Wait", "JoinSet.Join")
		}
	})
}

func wantNested(t *testing.T, err error, call, instead string) {
	t.Helper()
	if !errors.Is(err, core.ErrNested) || !strings.HasPrefix(err.Error(), "joinhandle: "+call+" ") ||
		!strings.HasSuffix(err.Error(), "use "+instead) {
		t.Errorf("have %v, want the ErrNested of %s", err, call)
	}
}
