package tcp_test

import (
	"errors"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
	"github.com/moduvex/moduvex-go/reactor"
	"golang.org/x/sys/unix"
)

// rawStarvedArg makes a process of its own, since it runs out of descriptors.
const rawStarvedArg = "-raw-starved"

func init() { children[rawStarvedArg] = rawStarved }

// Raw accepts take the wakes that end the pauses of a listener without descriptors, and wait on: they hand the wakes on to
// the task that makes the pauses, so that it accepts when there are descriptors again.
func TestRawAcceptHandsOnTheEndOfAPause(t *testing.T) {
	nettest.RunChild(t, rawStarvedArg)
}

func rawStarved() error {
	rt, err := executor.New(executor.Options{LongPollThreshold: -1})
	if err != nil {
		return err
	}
	defer rt.Close()
	l, err := tcp.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer l.Close()
	var clients [3]int
	for i := range clients {
		if clients[i], err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0); err != nil {
			return err
		}
	}
	waiting := func(n int) error {
		for end := time.Now().Add(nettest.Timeout); l.WakeWaiters(reactor.Read) < n; time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				return fmt.Errorf("fewer than %d wait", n)
			}
		}
		return nil
	}
	accepted := make(chan struct{}, 1)
	executor.Do(rt, func(co *coro.Co) error {
		for {
			s, err := l.Accept(co)
			if err != nil {
				return err
			}
			s.Close()
			accepted <- struct{}{}
		}
	})
	if err := waiting(1); err != nil {
		return err
	}
	// It takes none itself, and goes on waiting whatever the reason.
	refused := make(chan struct{}, 1)
	block := func(fd uintptr) bool {
		conn, _, err := unix.Accept(int(fd))
		if err == nil {
			unix.Close(conn) // a connection that comes before the task's turn
			accepted <- struct{}{}
		} else if err == unix.EMFILE {
			select {
			case refused <- struct{}{}:
			default:
			}
		}
		return false
	}
	ended := make(chan error, 2)
	for range cap(ended) {
		go func() {
			raw := l.RawConnWith(func() tcp.Waiter { return rt.Parker(0) })
			ended <- raw.Read(block)
		}()
	}
	if err := waiting(3); err != nil {
		return err
	}
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	limit.Cur = 0
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	to := &unix.SockaddrInet4{Port: int(l.AddrPort().Port()), Addr: [4]byte{127, 0, 0, 1}}
	for _, c := range clients {
		if err := unix.Connect(c, to); err != nil {
			return err
		}
	}
	for range 3 { // pauses
		select {
		case <-refused:
		case <-time.After(nettest.Timeout):
			return errors.New("nothing tries to accept")
		}
	}
	limit.Cur = limit.Max
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	for i := range clients {
		select {
		case <-accepted:
		case <-time.After(5 * time.Second):
			return fmt.Errorf("%d of %d connections were accepted; the listener is %s", i, len(clients), l.Backoff())
		}
	}
	l.Close()
	for range cap(ended) {
		if err := <-ended; !errors.Is(err, net.ErrClosed) {
			return fmt.Errorf("a raw accept has ended with %w", err)
		}
	}
	return nil
}
