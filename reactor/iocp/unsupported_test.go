//go:build !windows

package iocp_test

import (
	"errors"
	"testing"

	"github.com/moduvex/moduvex-go/reactor/iocp"
)

func TestNewIsUnsupportedElsewhere(t *testing.T) {
	if p, err := iocp.New(); p != nil || !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("New: %v, %v", p, err)
	}
}
