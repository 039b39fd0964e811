package kqueue_test

import (
	"errors"
	"runtime"
	"slices"
	"testing"

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
}
