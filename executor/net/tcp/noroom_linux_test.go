package tcp_test

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
	"github.com/moduvex/moduvex-go/reactor"
	"github.com/moduvex/moduvex-go/reactor/epoll"
	"golang.org/x/sys/unix"
)

// A limitedPoller has no room for more descriptors while full is set.
type limitedPoller struct {
	reactor.Poller
	full    *atomic.Bool
	refused *atomic.Int32
}

func (p limitedPoller) Add(fd uintptr, key reactor.Key, interest reactor.Interest, mode reactor.Mode) error {
	if p.full.Load() {
		p.refused.Add(1)
		return &net.OpError{Op: "epoll_ctl", Err: unix.ENOSPC}
	}
	return p.Poller.Add(fd, key, interest, mode)
}

// A connection that cannot be registered for now is not dropped: it is accepted after a pause.
func TestAcceptKeepsWhatCannotBeRegistered(t *testing.T) {
	if !modetest.First() {
		return
	}
	accepts := map[string]func(co *coro.Co, l *tcp.Listener) (*tcp.Stream, error){
		"direct": func(co *coro.Co, l *tcp.Listener) (*tcp.Stream, error) { return l.Accept(co) },
		"poll": func(co *coro.Co, l *tcp.Listener) (s *tcp.Stream, err error) {
			err = await(co, &operation{
				poll: func(cx *core.Context) (ok bool, err error) { s, ok, err = l.PollAccept(cx); return ok, err },
				drop: func(w core.Waker) { l.Unwait(w) },
			})
			return s, err
		},
	}
	for name, accept := range accepts {
		for _, end := range []string{"there is room again", "the listener is closed"} {
			t.Run(name+", "+end, func(t *testing.T) {
				var full atomic.Bool
				var refused atomic.Int32
				var told nettest.Log
				before := nettest.OpenFDs(t)
				rt, err := executor.New(executor.Options{
					Workers: 1, LongPollThreshold: -1, Logger: slog.New(slog.NewTextHandler(&told, nil)),
					Poller: func() (reactor.Poller, error) {
						p, err := epoll.New()
						return limitedPoller{p, &full, &refused}, err
					},
				})
				if err != nil {
					t.Fatal(err)
				}
				defer rt.Close()
				l := listen(t)
				var s *tcp.Stream
				h := executor.Do(rt, func(co *coro.Co) (err error) { s, err = accept(co, l); return err })
				nettest.Settle(rt)
				full.Store(true)
				c, err := net.Dial("tcp", l.Addr().String())
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				for deadline := time.Now().Add(nettest.Timeout); refused.Load() < 3; time.Sleep(time.Millisecond) {
					if h.Finished() || time.Now().After(deadline) {
						t.Fatalf("refused %d times, and the accept ended: %v", refused.Load(), h.Finished())
					}
				}
				if n := told.Count("no space left"); n != 1 {
					t.Errorf("the log was told %d times: %s", n, told.String())
				}
				if end == "the listener is closed" {
					if err := l.Close(); err != nil {
						t.Error(err)
					}
					wantIs(t, nettest.Finish(t, h), "accept", net.ErrClosed)
					if _, err := c.Read(make([]byte, 1)); err != io.EOF && !errors.Is(err, unix.ECONNRESET) {
						t.Errorf("the connection that was kept is not closed: %v", err)
					}
					c.Close()
					rt.Close()
					if now := nettest.OpenFDs(t); now > before {
						t.Errorf("%d descriptors were open before, %d are now", before, now)
					}
					return
				}
				full.Store(false)
				if err := nettest.Finish(t, h); err != nil {
					t.Fatal(err)
				}
				defer s.Close()
				c.Write([]byte("x"))
				nettest.Do(t, rt, func(co *coro.Co) error { _, err := s.Read(co, make([]byte, 1)); return err })
			})
		}
	}
}
