//go:build unix

package signal_test

import (
	"context"
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/signal"
)

// self sends the process a signal, as kill(1) does.
func self(sig syscall.Signal) { _ = syscall.Kill(os.Getpid(), sig) }

func ExampleNewStream() {
	reload := signal.NewStream(syscall.SIGHUP)
	defer reload.Close()
	_, err := executor.Run(context.Background(), executor.Options{}, func(co *coro.Co) (int, error) {
		for range 2 {
			self(syscall.SIGHUP)
			sig, err := reload.Recv(co)
			if err != nil {
				return 0, err
			}
			fmt.Println("reload:", sig)
		}
		return 0, nil
	})
	fmt.Println(err)
	// Output:
	// reload: hangup
	// reload: hangup
	// <nil>
}

func ExampleStream_All() {
	s := signal.NewStream(syscall.SIGUSR1, syscall.SIGUSR2)
	_, err := executor.Run(context.Background(), executor.Options{}, func(co *coro.Co) (int, error) {
		self(syscall.SIGUSR1)
		for sig, err := range s.All(co) {
			if err != nil {
				return 0, err
			}
			if sig == syscall.SIGUSR2 {
				fmt.Println("the second")
				s.Close() // and the loop ends
				continue
			}
			fmt.Println("the first")
			self(syscall.SIGUSR2)
		}
		return 0, nil
	})
	fmt.Println(err)
	// Output:
	// the first
	// the second
	// <nil>
}

func ExampleStream_AllWait() {
	s := signal.NewStream(syscall.SIGUSR1)
	defer s.Close()
	self(syscall.SIGUSR1)
	for sig, err := range s.AllWait(context.Background()) {
		fmt.Println(sig == syscall.SIGUSR1, err)
		break
	}
	// Output: true <nil>
}

func ExampleStream_RecvWait() {
	s := signal.NewStream(os.Interrupt)
	defer s.Close()
	self(syscall.SIGINT)
	fmt.Println(s.RecvWait(context.Background()))
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	fmt.Println(s.RecvWait(ctx))
	// Output:
	// interrupt <nil>
	// <nil> context deadline exceeded
}

func ExampleStream_RecvFuture() {
	s := signal.NewStream(os.Interrupt)
	defer s.Close()
	rt, err := executor.New(executor.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rt.Close()
	f := s.RecvFuture()
	h := executor.Spawn[core.Result[os.Signal]](rt, &f)
	self(syscall.SIGINT)
	fmt.Println(h.Wait(context.Background()))
	// Output: {interrupt <nil>} <nil>
}

func ExampleStream_TryRecv() {
	s := signal.NewStream(os.Interrupt)
	fmt.Println(s.TryRecv())
	s.Close()
	fmt.Println(s.TryRecv())
	// Output:
	// <nil> signal: no signal
	// <nil> signal: stream is closed
}
