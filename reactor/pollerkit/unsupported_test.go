package pollerkit_test

import (
	"errors"
	"runtime"
	"testing"

	"github.com/moduvex/moduvex-go/reactor"
	"github.com/moduvex/moduvex-go/reactor/pollerkit"
)

func TestEveryMethodOfUnsupportedNamesItsCall(t *testing.T) {
	var p pollerkit.Unsupported
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
		"new":    pollerkit.ErrNew("kqueue"),
	} {
		var pe *reactor.PollError
		if !errors.Is(err, errors.ErrUnsupported) || !errors.As(err, &pe) || pe.Op != op {
			t.Errorf("%s: have %v, want a PollError of %s that wraps errors.ErrUnsupported", op, err, op)
		}
	}
}

func TestTheErrorOfNewNamesTheBackendAndTheSystem(t *testing.T) {
	want := "reactor: new: kqueue on " + runtime.GOOS + ": unsupported operation"
	if got := pollerkit.ErrNew("kqueue").Error(); got != want {
		t.Errorf("have %q, want %q", got, want)
	}
}

func TestCheckArgsRefusesWhatTheContractForbids(t *testing.T) {
	for _, c := range []struct {
		key      reactor.Key
		interest reactor.Interest
		mode     reactor.Mode
		want     error
	}{
		{0, 0, reactor.Level, nil},
		{reactor.ReservedKey - 1, reactor.Readable | reactor.Writable | reactor.Priority, reactor.OneShot, nil},
		{reactor.ReservedKey, reactor.Readable, reactor.Level, reactor.ErrInvalid},
		{1, reactor.Priority << 1, reactor.Level, reactor.ErrInvalid},
		{1, reactor.Readable, reactor.OneShot + 1, reactor.ErrInvalid},
	} {
		if err := pollerkit.CheckArgs(c.key, c.interest, c.mode); err != c.want {
			t.Errorf("%#x, %v, %v: have %v, want %v", c.key, c.interest, c.mode, err, c.want)
		}
	}
}
