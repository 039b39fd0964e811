package iocp_test

import (
	"errors"
	"fmt"

	"github.com/moduvex/moduvex-go/reactor/iocp"
)

// Where there is no completion port, New returns an error, and the program takes another Poller.
func Example() {
	p, err := iocp.New()
	if errors.Is(err, errors.ErrUnsupported) {
		fmt.Println("not on Windows, or ready")
		return
	}
	defer p.Close()
	p.Notify()
	if events, err := p.Wait(nil, -1); len(events) == 0 && err == nil {
		fmt.Println("not on Windows, or ready")
	}
	// Output: not on Windows, or ready
}
