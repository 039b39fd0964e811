package reactor_test

import (
	"errors"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/reactor"
)

func TestAFailedAddRegistersNothing(t *testing.T) {
	r := newRig(t)
	r.f.FailNext("add", syscall.EMFILE)
	if _, err := r.r.Register(3, both); !errors.Is(err, syscall.EMFILE) {
		t.Fatalf("Register: %v", err)
	}
	if n := r.r.Len(); n != 0 {
		t.Fatalf("%d registrations", n)
	}
	r.register(3)
	if _, err := r.r.Register(3, both); !errors.Is(err, reactor.ErrExists) {
		t.Fatalf("second Register: %v", err)
	}
	if n := r.r.Len(); n != 1 {
		t.Fatalf("%d registrations", n)
	}
}

func TestTurnAppends(t *testing.T) {
	r := newRig(t)
	g := r.register(3)
	var first, second counter
	pending(t, g, &second, reactor.Read)
	r.f.Fire(3, reactor.ReadReady)
	wakers, err := r.r.Wait(0, []reactor.Waker{&first})
	if err != nil || len(wakers) != 2 || wakers[0] != reactor.Waker(&first) || wakers[1] != reactor.Waker(&second) {
		t.Fatalf("Wait: %v, %v", wakers, err)
	}
}

func TestTurnTakesItsTimeout(t *testing.T) {
	r := newRig(t)
	start := time.Now()
	if wakers, err := r.r.Wait(2*time.Millisecond, nil); len(wakers) != 0 || err != nil {
		t.Fatalf("Wait: %v, %v", wakers, err)
	}
	if took := time.Since(start); took < 2*time.Millisecond {
		t.Fatalf("Wait returned after %v", took)
	}
}

func TestNotifyEndsTurn(t *testing.T) {
	r := newRig(t)
	done := make(chan error)
	go func() {
		_, err := r.r.Wait(-1, nil)
		done <- err
	}()
	if err := r.r.Notify(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

func TestASecondTurnIsBusy(t *testing.T) {
	r := newRig(t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			if _, err := r.r.Wait(-1, nil); err == nil || errors.Is(err, reactor.ErrClosed) {
				return
			}
		}
	}()
	for {
		if _, err := r.r.Wait(0, nil); errors.Is(err, reactor.ErrBusy) {
			break
		}
	}
	r.r.Close()
	<-done
}

func TestCloseWakesEveryWaiterAndClosesEverything(t *testing.T) {
	r := newRig(t)
	var w [10]counter
	var regs []*reactor.Registration
	for i := range w {
		g := r.register(uintptr(i))
		pending(t, g, &w[i], reactor.Read)
		pending(t, g, &w[i], reactor.Write)
		regs = append(regs, g)
	}
	regs[0].Deregister()
	turned := make(chan error)
	go func() {
		_, err := r.r.Wait(-1, nil)
		turned <- err
	}()
	if err := r.r.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-turned; !errors.Is(err, reactor.ErrClosed) {
		t.Errorf("the Wait in progress: %v", err)
	}
	for i, g := range regs {
		woken(t, &w[i], 2)
		ready(t, g, reactor.Read, reactor.Closed)
		ready(t, g, reactor.Write, reactor.Closed)
	}
	if n := r.r.Len(); n != 0 {
		t.Errorf("%d registrations are left", n)
	}
	_, registerErr := r.r.Register(99, both)
	_, waitErr := r.r.Wait(-1, nil)
	for name, err := range map[string]error{
		"Register":   registerErr,
		"Wait":       waitErr,
		"Notify":     r.r.Notify(),
		"Close":      r.r.Close(),
		"Deregister": regs[1].Deregister(),
	} {
		for _, want := range []error{reactor.ErrClosed, net.ErrClosed, os.ErrClosed} {
			if !errors.Is(err, want) {
				t.Errorf("%s after Close: %v, want %v", name, err, want)
			}
		}
	}
}

func TestClosePassesOnThePollersError(t *testing.T) {
	r := newRig(t)
	g := r.register(3)
	var w counter
	pending(t, g, &w, reactor.Read)
	r.f.FailNext("close", syscall.EIO)
	if err := r.r.Close(); !errors.Is(err, syscall.EIO) {
		t.Fatalf("Close: %v", err)
	}
	woken(t, &w, 1)
}

func TestSlotsAreReusedUnderNewKeys(t *testing.T) {
	r := newRig(t)
	seen := make(map[reactor.Key]bool)
	var live []*reactor.Registration
	for i := range 1000 {
		g := r.register(uintptr(i))
		key := reactor.KeyOf(g)
		if seen[key] || key == reactor.ReservedKey {
			t.Fatalf("key %#x was given out before, or is reserved", key)
		}
		seen[key] = true
		if live = append(live, g); len(live) == 7 {
			for _, j := range []int{3, 0, 5, 1, 6, 2, 4} {
				if err := live[j].Deregister(); err != nil {
					t.Fatal(err)
				}
			}
			live = nil
		}
		if index := uint32(key); index >= 7 {
			t.Fatalf("slot %d for at most 7 registrations", index)
		}
	}
	if n := r.r.Len(); n != len(live) {
		t.Fatalf("Len is %d, want %d", n, len(live))
	}
}

func TestErrorsReadWell(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{&reactor.PollError{Op: "add", FD: 7, Err: reactor.ErrExists}, "reactor: add fd 7: already registered"},
		{&reactor.PollError{Op: "wait", FD: reactor.NoFD, Err: syscall.EINVAL}, "reactor: wait: " + syscall.EINVAL.Error()},
		{reactor.ErrClosed, "reactor: closed"},
	} {
		if got := c.err.Error(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

func TestBitsModesAndDirectionsHaveNames(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{reactor.Interest(0).String(), "none"},
		{(reactor.Readable | reactor.Priority).String(), "Readable|Priority"},
		{reactor.Interest(1 << 6).String(), "0x40"},
		{(reactor.Writable | reactor.Interest(0xc0)).String(), "Writable|0xc0"},
		{reactor.Readiness(0).String(), "none"},
		{(reactor.ReadReady | reactor.Closed).String(), "ReadReady|Closed"},
		{reactor.OneShot.String(), "OneShot"},
		{reactor.Level.String(), "Level"},
		{reactor.Edge.String(), "Edge"},
		{reactor.Mode(9).String(), "Mode(9)"},
		{reactor.Read.String(), "Read"},
		{reactor.Write.String(), "Write"},
		{reactor.Direction(2).String(), "Direction(2)"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}
