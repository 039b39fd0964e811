package tcp_test

import (
	"net"
	"testing"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	children.Main()
	goleak.VerifyTestMain(modetest.In(m))
}

var children = nettest.Children{}

// listen makes a listener that is closed at the end of the test.
func listen(tb testing.TB) *tcp.Listener {
	tb.Helper()
	l, err := tcp.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { l.Close() })
	return l
}

// connect makes a connection between a Stream and a net.TCPConn. Both are closed at the end.
func connect(tb testing.TB, rt *executor.Runtime) (*tcp.Stream, *net.TCPConn) {
	tb.Helper()
	l := listen(tb)
	defer l.Close()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { c.Close() })
	var s *tcp.Stream
	nettest.Do(tb, rt, func(co *coro.Co) (err error) {
		for {
			s, err = l.Accept(co)
			if err != nil || s.RemoteAddr().String() == c.LocalAddr().String() {
				return err
			}
			s.Close() // of another process, which dials the port that the system has given l
		}
	})
	tb.Cleanup(func() { s.Close() })
	return s, c.(*net.TCPConn)
}

// wantIs fails the test unless err is a *net.OpError of op that wraps target.
func wantIs(tb testing.TB, err error, op string, target error) {
	tb.Helper()
	nettest.WantIs(tb, "tcp", err, op, target)
}
