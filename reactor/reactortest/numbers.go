package reactortest

import (
	"errors"
	"math"
	"runtime"
	"syscall"
	"testing"

	"github.com/moduvex/moduvex-go/reactor"
)

// A Unix kernel uses the lower 32 bits of a descriptor only, so the Poller has to refuse larger numbers itself.
// It checks the other arguments of an Add first, as for any number.
func testImpossibleDescriptor(t *testing.T, s *suite) {
	r := s.rig(t)
	a, _ := r.pair()
	r.add(a.FD(), 1, reactor.Readable, reactor.Level)
	impossible := []uintptr{reactor.NoFD}
	if runtime.GOOS != "windows" {
		impossible = append(impossible, math.MaxInt32+1)
		if wide := uint64(1)<<32 + uint64(a.FD()); uint64(uintptr(wide)) == wide {
			impossible = append(impossible, uintptr(wide)) // its lower half is registered
		}
	}
	for _, fd := range impossible {
		err := r.p.Add(fd, 2, reactor.Readable, reactor.Level)
		if err == nil || errors.Is(err, reactor.ErrExists) || runtime.GOOS != "windows" && !errors.Is(err, syscall.EBADF) {
			t.Errorf("Add of %#x: %v, want EBADF", fd, err)
		}
		if err := r.p.Add(fd, reactor.ReservedKey, reactor.Readable, reactor.Level); !errors.Is(err, reactor.ErrInvalid) {
			t.Errorf("Add of %#x under the reserved Key: %v, want ErrInvalid", fd, err)
		}
		if err := r.p.Modify(fd, 2, reactor.Readable, reactor.Level); !errors.Is(err, reactor.ErrNotFound) {
			t.Errorf("Modify of %#x: %v, want ErrNotFound", fd, err)
		}
		err = r.p.Delete(fd)
		var pe *reactor.PollError
		if !errors.Is(err, reactor.ErrNotFound) || !errors.As(err, &pe) || pe.Op != "delete" || pe.FD != fd {
			t.Errorf("Delete of %#x: %v, want ErrNotFound", fd, err)
		}
	}
	r.delete(a.FD())
}
