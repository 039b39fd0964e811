//go:build unix

package signal_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	ossignal "os/signal"
	"sync"
	"syscall"
	"testing"
	"time"
)

// arrivals are channels of os/signal: what is in one has been given to every stream as well. They are
// also why a signal without a stream does not end the tests.
var arrivals = sync.OnceValue(func() map[syscall.Signal]chan os.Signal {
	m := map[syscall.Signal]chan os.Signal{}
	for _, sig := range []syscall.Signal{syscall.SIGUSR1, syscall.SIGUSR2} {
		m[sig] = make(chan os.Signal, 1)
		ossignal.Notify(m[sig], sig)
	}
	return m
})

// raise sends the process a signal and returns when it has arrived. What streams there are have it then,
// or their goroutines are about to put it there.
func raise(t testing.TB, sig syscall.Signal) {
	t.Helper()
	arrived := arrivals()[sig]
	select {
	case <-arrived: // sent and received by an example
	default:
	}
	if err := syscall.Kill(os.Getpid(), sig); err != nil {
		t.Fatal(err)
	}
	receive(t, "the signal arrives", arrived)
}

// runChild runs the child with this name in a process of its own, and returns which signal it died of, or
// zero if it ended otherwise, and what it wrote.
func runChild(t *testing.T, name string) (syscall.Signal, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*testTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+name)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		if ws := exit.Sys().(syscall.WaitStatus); ws.Signaled() {
			return ws.Signal(), string(out)
		}
	}
	return 0, string(out)
}

// die is how a child ends, if the signal does what it does by default.
func die(sig syscall.Signal) {
	syscall.Kill(os.Getpid(), sig)
	time.Sleep(testTimeout)
}
