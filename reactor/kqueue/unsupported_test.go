package kqueue_test

import (
	"errors"
	"runtime"
	"slices"
	"testing"

	"github.com/moduvex/moduvex-go/reactor"
	"github.com/moduvex/moduvex-go/reactor/kqueue"
)

func supported() bool {
	return slices.Contains([]string{"darwin", "dragonfly", "freebsd", "netbsd", "openbsd"}, runtime.GOOS)
}

func TestNewWhereThereIsNoKqueue(t *testing.T) {
	p, err := kqueue.New()
	if supported() {
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
		return
	}
	if p != nil || !errors.Is(err, errors.ErrUnsupported) {
		t.Fatalf("have %v, %v; want nil and errors.ErrUnsupported", p, err)
	}
	if want := "reactor: new: kqueue on " + runtime.GOOS + ": unsupported operation"; err.Error() != want {
		t.Errorf("have %q, want %q", err, want)
	}
}

func TestAPollerThatNewDidNotMakeIsUnsupported(t *testing.T) {
	var p kqueue.Poller
	events, waitErr := p.Wait(make([]reactor.Event, 1, 2), 0)
	if len(events) != 1 || cap(events) != 2 {
		t.Errorf("Wait changed the slice: length %d, capacity %d", len(events), cap(events))
	}
	for op, err := range map[string]error{
		"add":    p.Add(3, 0, reactor.Readable, reactor.Level),
		"modify": p.Modify(3, 0, reactor.Readable, reactor.Level),
		"delete": p.Delete(3),
		"wait":   waitErr,
		"notify": p.Notify(),
		"close":  p.Close(),
	} {
		var pe *reactor.PollError
		if !errors.Is(err, errors.ErrUnsupported) || !errors.As(err, &pe) || pe.Op != op {
			t.Errorf("%s: have %v, want a PollError of %s that wraps errors.ErrUnsupported", op, err, op)
		}
	}
}
