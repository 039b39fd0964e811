//go:build unix

package netfd_test

import (
	"errors"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/executor/net/internal/netfd"
	"github.com/moduvex/moduvex-go/reactor"
	"go.uber.org/goleak"
	"golang.org/x/sys/unix"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newFD makes an FD of one end of a pair, and returns the other end.
func newFD(tb testing.TB) (*netfd.FD, int) {
	tb.Helper()
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { unix.Close(pair[1]) })
	f := &netfd.FD{}
	f.Init(pair[0])
	return f, pair[1]
}

// isOpen reports whether the descriptor still is the end of the pair.
func isOpen(peer int) bool {
	if err := unix.SetNonblock(peer, true); err != nil {
		return false
	}
	n, err := unix.Read(peer, make([]byte, 1))
	return n != 0 || err != nil // not the end of the stream
}

func TestCloseWaitsForReferences(t *testing.T) {
	f, peer := newFD(t)
	for range 3 {
		if err := f.Acquire(); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Acquire(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("acquired a closed one: %v", err)
	}
	if err := f.Close(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("closed twice: %v", err)
	}
	for i := range 3 {
		if !isOpen(peer) {
			t.Fatalf("closed with %d references left", 3-i)
		}
		f.Release()
	}
	if isOpen(peer) {
		t.Error("open with no references left")
	}
}

func TestHalvesCloseTheWhole(t *testing.T) {
	for _, order := range [][2]reactor.Direction{{reactor.Read, reactor.Write}, {reactor.Write, reactor.Read}} {
		f, peer := newFD(t)
		if last, err := f.CloseHalf(order[0]); last || err != nil {
			t.Errorf("first half: %v, %v", last, err)
		}
		if _, err := f.CloseHalf(order[0]); !errors.Is(err, net.ErrClosed) {
			t.Errorf("the same half again: %v", err)
		}
		if f.Closed() || !isOpen(peer) {
			t.Error("closed with its first half")
		}
		if last, err := f.CloseHalf(order[1]); !last || err != nil {
			t.Errorf("second half: %v, %v", last, err)
		}
		if !f.Closed() || isOpen(peer) {
			t.Error("open with both halves closed")
		}
		if err := f.Close(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("closed after its halves: %v", err)
		}
	}
}

// Between two tries of an operation, no reference keeps the descriptor open, and its number may be another
// file's by the time it is to be registered.
func TestClosedIsNotRegistered(t *testing.T) {
	host := coretest.New(1)
	defer host.Close()
	f, _ := newFD(t)
	if err := f.Register(host.Context()); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("registered with nothing: %v", err)
	}
	f.Close()
	if err := f.Register(host.Context()); !errors.Is(err, net.ErrClosed) {
		t.Errorf("registered a closed one: %v", err)
	}
}

// However uses and closes interleave, one Close succeeds, and no use meets a closed descriptor.
func TestUseRacesWithClose(t *testing.T) {
	for range 500 {
		f, peer := newFD(t)
		var wg sync.WaitGroup
		var closes atomic.Int32
		for range 4 {
			wg.Go(func() {
				for f.Acquire() == nil {
					if _, err := unix.FcntlInt(uintptr(f.Sysfd()), unix.F_GETFD, 0); err != nil {
						t.Error("closed while in use:", err)
					}
					f.Release()
					runtime.Gosched()
				}
			})
		}
		for range 2 {
			wg.Go(func() {
				if f.Close() == nil {
					closes.Add(1)
				}
			})
		}
		wg.Wait()
		if closes.Load() != 1 || isOpen(peer) {
			t.Fatalf("%d closes, open: %v", closes.Load(), isOpen(peer))
		}
	}
}
