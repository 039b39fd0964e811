package iocp_test

import (
	"errors"
	"fmt"

	"github.com/moduvex/moduvex-go/reactor/iocp"
)

// Where there is no completion port, New says so, and the program takes another poller.
func ExampleNew() {
	p, err := iocp.New()
	if errors.Is(err, errors.ErrUnsupported) {
		fmt.Println("ready, or not on Windows")
		return
	}
	defer p.Close()
	p.Notify()
	if events, err := p.Wait(nil, -1); len(events) == 0 && err == nil {
		fmt.Println("ready, or not on Windows")
	}
	// Output: ready, or not on Windows
}
