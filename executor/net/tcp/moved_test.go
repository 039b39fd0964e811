package tcp_test

import (
	"net"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
	"github.com/moduvex/moduvex-go/reactor"
)

// A Stream whose runtime has ended is registered with the next one that waits, in poll style as in direct style.
func TestPollStyleOnTheNextRuntime(t *testing.T) {
	for name, poll := range map[string]func(cx *core.Context, s *tcp.Stream) (bool, error){
		"PollReadable": func(cx *core.Context, s *tcp.Stream) (bool, error) { return s.PollReadable(cx) },
		"PollRead": func(cx *core.Context, s *tcp.Stream) (bool, error) {
			_, ok, err := s.PollRead(cx, make([]byte, 1))
			return ok, err
		},
		"PollReadBuffers": func(cx *core.Context, s *tcp.Stream) (bool, error) {
			_, ok, err := s.PollReadBuffers(cx, [][]byte{make([]byte, 1)})
			return ok, err
		},
	} {
		t.Run(name, func(t *testing.T) {
			first, err := executor.New(modetest.Options(executor.Options{}))
			if err != nil {
				t.Fatal(err)
			}
			second := nettest.NewRuntime(t)
			s, c := connect(t, first)
			first.Close()
			polls := 0
			h := executor.Do(second, func(co *coro.Co) error {
				return await(co, &operation{
					poll: func(cx *core.Context) (bool, error) { polls++; return poll(cx, s) },
					drop: func(w core.Waker) { s.Unwait(w, reactor.Read) },
				})
			})
			nettest.Settle(second)
			if h.Finished() {
				t.Fatal("it has not waited:", nettest.Finish(t, h))
			}
			if !s.Registered() || second.Stats().Registrations != 1 {
				t.Error("it waits, but is not registered")
			}
			if _, err := c.Write([]byte("x")); err != nil {
				t.Fatal(err)
			}
			if err := nettest.Finish(t, h); err != nil {
				t.Error(err)
			}
			if polls > 3 {
				t.Errorf("%d polls", polls)
			}
		})
	}
}

// An operation in poll style, as a future.
type operation struct {
	poll  func(cx *core.Context) (bool, error)
	drop  func(w core.Waker)
	waker core.Waker
}

func (o *operation) Poll(cx *core.Context) (error, bool) {
	o.waker = cx.Waker()
	ok, err := o.poll(cx)
	return err, ok
}

func (o *operation) Drop() { o.drop(o.waker) }

func await(co *coro.Co, o *operation) error {
	err, cancelled := coro.Await[error](co, o)
	if cancelled != nil {
		return cancelled
	}
	return err
}

// Values of a keep-alive that are less than 0 leave what the system has.
func TestKeepAliveLeavesTheSystemsValues(t *testing.T) {
	rt := nettest.NewRuntime(t)
	s, _ := connect(t, rt)
	for _, c := range []net.KeepAliveConfig{
		{Enable: true, Idle: -1, Interval: -1, Count: -1},
		{Enable: true, Idle: -1, Interval: -1, Count: 1},
		{Enable: false, Idle: -1, Interval: -1, Count: -1},
	} {
		if err := s.SetKeepAliveConfig(c); err != nil {
			t.Errorf("%+v: %v", c, err)
		}
	}
}
