package epoll_test

import (
	"errors"
	"math"
	"testing"

	"github.com/moduvex/moduvex-go/reactor"
	"golang.org/x/sys/unix"
)

// A number that no descriptor can have is not registered, and an Add of it is checked like any other.
func TestANumberThatNoDescriptorCanHave(t *testing.T) {
	p := newPoller(t)
	rd, _ := pipe(t)
	if err := p.Add(uintptr(rd), 1, reactor.Readable, reactor.Level); err != nil {
		t.Fatal(err)
	}
	none := []uintptr{reactor.NoFD, math.MaxInt32 + 1}
	if wide := uint64(1)<<32 + uint64(rd); uint64(uintptr(wide)) == wide {
		none = append(none, uintptr(wide)) // its lower half is registered
	}
	for _, fd := range none {
		if err := p.Add(fd, 2, reactor.Readable, reactor.Level); !errors.Is(err, unix.EBADF) {
			t.Errorf("Add of %d: %v, want EBADF", fd, err)
		}
		if err := p.Add(fd, reactor.ReservedKey, reactor.Readable, reactor.Level); !errors.Is(err, reactor.ErrInvalid) {
			t.Errorf("Add of %d under the reserved Key: %v, want ErrInvalid", fd, err)
		}
		if err := p.Modify(fd, 2, reactor.Readable, reactor.Level); !errors.Is(err, reactor.ErrNotFound) {
			t.Errorf("Modify of %d: %v, want ErrNotFound", fd, err)
		}
		err := p.Delete(fd)
		var pe *reactor.PollError
		if !errors.Is(err, reactor.ErrNotFound) || !errors.As(err, &pe) || pe.Op != "delete" || pe.FD != fd {
			t.Errorf("Delete of %d: %v, want ErrNotFound", fd, err)
		}
	}
	if err := p.Delete(uintptr(rd)); err != nil {
		t.Error(err)
	}
}
