package coro_test

import (
	"errors"
	"fmt"

	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
)

// A lamp is a value that keeps the Co of its body, and answers the use by another goroutine with an error.
type lamp struct {
	co   *coro.Co
	uses coro.UseCheck
}

func (l *lamp) wait() error {
	if l.uses.User() == coro.NoUser {
		return errors.New("not the body")
	}
	return l.co.Yield()
}

func ExampleUseCheck() {
	host := coretest.New(1)
	defer host.Close()
	body := coro.New(func(co *coro.Co) (int, error) {
		l := &lamp{co: co}
		l.uses.Init(co)
		fmt.Println(l.wait())
		told := make(chan error)
		go func() { told <- l.wait() }()
		fmt.Println(<-told)
		return 0, nil
	})
	host.Spawn(&body.Task)
	host.Run()
	// Output:
	// <nil>
	// not the body
}
