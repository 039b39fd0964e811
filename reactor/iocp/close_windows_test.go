package iocp_test

import (
	"errors"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/reactor"
	"github.com/moduvex/moduvex-go/reactor/iocp"
	"golang.org/x/sys/windows"
)

// closes closes p and fails if Close does not return.
func closes(t *testing.T, p *iocp.Poller) error {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- p.Close() }()
	select {
	case err := <-done:
		return err
	case <-time.After(testTimeout):
		t.Fatal("Close waits for a poll that it could not cancel")
		return nil
	}
}

// The blocks stay pinned, since the kernel may write to them; the handles are closed.
func TestCloseDoesNotWaitForAPollThatItCannotCancel(t *testing.T) {
	before := iocp.Pinned()
	p := newPoller(t)
	a, _ := pair(t)
	b, _ := pair(t)
	add(t, p, a.fd, 1, reactor.Readable, reactor.Edge)
	add(t, p, b.fd, 2, reactor.Readable, reactor.Edge)
	within(t, p, 1, 0)
	_, closeAll := p.LoseDriver()
	defer closeAll()
	err := closes(t, p)
	var pe *reactor.PollError
	if !errors.Is(err, windows.ERROR_INVALID_HANDLE) || !errors.As(err, &pe) || pe.Op != "close" {
		t.Errorf("Close: %v", err)
	}
	if n := iocp.Pinned() - before; n != 1 {
		t.Errorf("%d groups are pinned, want the one with the polls", n)
	}
	if err := p.Close(); err != reactor.ErrClosed {
		t.Errorf("the second Close: %v", err)
	}
}

func TestCloseCancelsWhatDeleteCouldNot(t *testing.T) {
	before := iocp.Pinned()
	p := newPoller(t)
	a, _ := pair(t)
	add(t, p, a.fd, 1, reactor.Readable, reactor.Edge)
	within(t, p, 1, 0)
	putBack, _ := p.LoseDriver()
	if err := p.Delete(a.fd); err != nil {
		t.Fatal(err)
	}
	putBack()
	if p.Polls() != 1 {
		t.Fatalf("%d polls after Delete", p.Polls())
	}
	if err := closes(t, p); err != nil {
		t.Errorf("Close: %v", err)
	}
	if taken, groups := p.Slots(); p.Polls() != 0 || taken != 0 || groups != 0 || iocp.Pinned() != before {
		t.Errorf("%d polls, %d slots, %d groups, %d pinned", p.Polls(), taken, groups, iocp.Pinned()-before)
	}
}
