package stdnet_test

import (
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/executor"
)

// Random operations of several goroutines on both ends of connections, with deadlines, halves that close, and a Close at a
// random moment. Bytes arrive in order, every error is one that is meant, and every call ends.
func TestFreeKeepsOrderAndEndsEveryCallUnderRandomOperations(t *testing.T) {
	conns := 60
	if testing.Short() || raceEnabled {
		conns = 20
	}
	rt := newRuntime(t, executor.Options{})
	s := freeSide(rt)
	var wg sync.WaitGroup
	for i := range conns {
		network := "tcp"
		if i%2 == 1 && runtime.GOOS != "windows" {
			network = "unix"
		}
		c, peer := connected(t, s, s, network)
		wg.Go(func() { stress(t, c, peer, rand.New(rand.NewPCG(uint64(i), 1))) })
	}
	ended := make(chan struct{})
	go func() { wg.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-time.After(2 * testTimeout):
		buf := make([]byte, 1<<20)
		t.Fatalf("a call hangs\n%s", buf[:runtime.Stack(buf, true)])
	}
}

// stress works on one connection until it is closed.
func stress(t *testing.T, c, peer net.Conn, r *rand.Rand) {
	var wg sync.WaitGroup
	until := time.Duration(r.IntN(40)) * time.Millisecond
	seeds := func() *rand.Rand { return rand.New(rand.NewPCG(r.Uint64(), 2)) }
	for _, ends := range [][2]net.Conn{{c, peer}, {peer, c}} {
		from, to := ends[0], ends[1]
		w, rd, d, extra := seeds(), seeds(), seeds(), seeds()
		wg.Go(func() { // bytes that count up
			next := byte(0)
			for {
				b := make([]byte, w.IntN(1+w.IntN(200_000)))
				for i := range b {
					b[i] = next + byte(i)
				}
				n, err := from.Write(b)
				next += byte(n)
				if err != nil && !temporary(t, err) {
					return
				}
			}
		})
		wg.Go(func() {
			next := byte(0)
			b := make([]byte, 50_000)
			for {
				n, err := to.Read(b[:rd.IntN(len(b))])
				for _, got := range b[:n] {
					if got != next {
						t.Errorf("byte %d instead of %d", got, next)
						to.Close()
						return
					}
					next++
				}
				if err != nil && !temporary(t, err) {
					return
				}
			}
		})
		wg.Go(func() { // a reader that takes none
			for {
				if _, err := to.Read(nil); err != nil {
					return
				}
				time.Sleep(time.Duration(extra.IntN(2000)) * time.Microsecond)
			}
		})
		wg.Go(func() { // deadlines
			for {
				at := time.Now().Add(time.Duration(d.IntN(4000)-1000) * time.Microsecond)
				if d.IntN(3) == 0 {
					at = time.Time{}
				}
				set := []func(time.Time) error{from.SetDeadline, from.SetReadDeadline, from.SetWriteDeadline}[d.IntN(3)]
				if set(at) != nil {
					return
				}
				time.Sleep(time.Duration(d.IntN(1000)) * time.Microsecond)
			}
		})
	}
	time.Sleep(until)
	if r.IntN(2) == 0 {
		c.(closeWriter).CloseWrite()
		time.Sleep(time.Millisecond)
	}
	c.Close()
	time.Sleep(time.Duration(r.IntN(2)) * time.Millisecond)
	peer.Close()
	wg.Wait()
}

// temporary reports whether the operation may be tried again after an error, and checks that the error is one that is meant.
func temporary(t *testing.T, err error) bool {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return true
	}
	if err != io.EOF && !errors.Is(err, net.ErrClosed) && !isReset(err) {
		t.Error(err)
	}
	return false
}
