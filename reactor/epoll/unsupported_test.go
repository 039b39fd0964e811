//go:build !linux

package epoll_test

import (
	"errors"
	"testing"

	"github.com/moduvex/moduvex-go/reactor/epoll"
)

func TestNewIsUnsupportedElsewhere(t *testing.T) {
	if p, err := epoll.New(); p != nil || !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("New: %v, %v", p, err)
	}
}
