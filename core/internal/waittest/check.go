package waittest

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"weak"

	"github.com/moduvex/moduvex-go/core/internal/racetest"
)

// MustPanic fails the test unless f panics with the text want.
func MustPanic(t *testing.T, want string, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if have := fmt.Sprint(recover()); have != want {
			t.Errorf("panic: have %s\n\twant %s", have, want)
		}
	}()
	f()
}

// Cancelled returns a context that is done.
func Cancelled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// A Big value is an allocation of its own, so that a test sees its release.
type Big struct{ _ [64]byte }

// NewBig returns a Big value and a pointer for [Released].
func NewBig() (*Big, weak.Pointer[Big]) {
	b := new(Big)
	return b, weak.Make(b)
}

// Released reports whether nothing refers to the value that w points at.
func Released(w weak.Pointer[Big]) bool {
	for range 10 {
		if runtime.GC(); w.Value() == nil {
			return true
		}
	}
	return false
}

// Allocates fails the test unless f allocates n times a call. Under the race detector it only calls f.
func Allocates(t *testing.T, what string, n float64, f func()) {
	t.Helper()
	if racetest.Enabled {
		f()
		return
	}
	if have := testing.AllocsPerRun(200, f); have != n {
		t.Errorf("%s: %v allocations, want %v", what, have, n)
	}
}
