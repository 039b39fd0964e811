package iocp_test

import (
	"errors"
	"fmt"

	"github.com/moduvex/moduvex-go/reactor/iocp"
)

func ExampleNew() {
	p, err := iocp.New()
	if errors.Is(err, errors.ErrUnsupported) {
		fmt.Println("take another poller")
		return
	}
	defer p.Close()
	// Output: take another poller
}
