package kqueue_test

import (
	"errors"
	"fmt"

	"github.com/moduvex/moduvex-go/reactor/kqueue"
)

func ExampleNew() {
	p, err := kqueue.New()
	if errors.Is(err, errors.ErrUnsupported) {
		fmt.Println("take another poller")
		return
	}
	defer p.Close()
	// Output: take another poller
}
