package kqueue_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/reactor"
	"github.com/moduvex/moduvex-go/reactor/kqueue"
	"golang.org/x/sys/unix"
)

// After a Modify in the middle of a Wait that has reported the registration, the Wait reports later kernel events under
// the new Key.
func TestAModifyDuringAWaitBeginsAnEventOfItsOwn(t *testing.T) {
	overDoubles(t, func(t *testing.T, p *kqueue.Poller, f *kqueue.Faults) {
		a, _ := socketPair(t)
		add(t, p, a, 7, both, reactor.OneShot)
		f.Report(p, kqueue.Report{FD: a, Filter: "read", Data: 1})
		f.Report(p, kqueue.Report{FD: a, Filter: "write", Data: 1})
		f.During(2, func() { // the Wait calls the kernel again, for the other direction
			if err := p.Modify(uintptr(a), 8, both, reactor.OneShot); err != nil {
				t.Error(err)
			}
		})
		want := []reactor.Event{{Key: 7, Ready: reactor.ReadReady}, {Key: 8, Ready: reactor.WriteReady}}
		if events := wait(t, p, testTimeout); !slices.Equal(events, want) {
			t.Errorf("events %v, want %v", events, want)
		}
	})
}

// If the kernel returns fewer receipts than changes, the Poller does not know whether the other changes were made.
func TestAChangeWithoutReceiptHasFailed(t *testing.T) {
	for _, flavour := range []string{"freebsd", "darwin", "openbsd"} { // those with receipts
		p, f, err := kqueue.NewOverDouble(flavour)
		if err != nil {
			t.Fatal(err)
		}
		a, _ := socketPair(t)
		f.LoseReceipts(1)
		if err := p.Add(uintptr(a), 7, reactor.Readable, reactor.Edge); !errors.Is(err, unix.EIO) {
			t.Errorf("%s: Add: %v, want EIO", flavour, err)
		}
		add(t, p, a, 8, both, reactor.Edge)
		waitFor(t, p, 8, reactor.WriteReady)
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
}

// A filter whose config stays is not deleted, also if the Modify fails: without memory to add it anew, there would be no
// reports.
func TestAFilterThatStaysIsNotDeleted(t *testing.T) {
	overDoubles(t, func(t *testing.T, p *kqueue.Poller, f *kqueue.Faults) {
		a, _ := socketPair(t)
		add(t, p, a, 7, reactor.Readable, reactor.Edge)
		var deleted []string
		full := false
		f.Refuse(func(c kqueue.Change) error {
			if c.Delete {
				deleted = append(deleted, c.Filter)
			} else if full && c.Filter == "write" {
				full = false
				return unix.ENOMEM
			}
			return nil
		})
		if err := p.Modify(uintptr(a), 8, reactor.Readable, reactor.Edge); err != nil {
			t.Fatal(err)
		}
		if len(deleted) != 0 {
			t.Errorf("%v were deleted for a new Key", deleted)
		}
		full = true
		if err := p.Modify(uintptr(a), 9, both, reactor.Edge); !errors.Is(err, unix.ENOMEM) {
			t.Fatalf("Modify: %v", err)
		}
		if slices.Contains(deleted, "read") {
			t.Errorf("%v were deleted for the sake of another filter", deleted)
		}
	})
}

// Close waits for the Wait in progress before it closes the descriptors.
func TestCloseWaitsForTheWaitInProgress(t *testing.T) {
	overDoubles(t, func(t *testing.T, p *kqueue.Poller, f *kqueue.Faults) {
		release := p.HoldWait()
		done := make(chan error, 1)
		go func() { done <- p.Close() }()
		select {
		case err := <-done:
			t.Errorf("Close returned before the Wait: %v", err)
			done <- err
		case <-time.After(pause):
		}
		if f.Queues() != 1 {
			t.Error("the queue is closed under a Wait")
		}
		release()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if f.Queues() != 0 {
			t.Error("the queue is left")
		}
	})
}
