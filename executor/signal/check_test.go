package signal_test

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/executor/modetest"
	"github.com/moduvex/moduvex-go/executor/signal"
)

type foreign struct{ _ []int } // not even comparable

func (foreign) String() string { return "foreign" }
func (foreign) Signal()        {}

func TestMisusePanicsWithWhatIsWrong(t *testing.T) {
	if !modetest.First() {
		return
	}
	var none *signal.Stream
	rt := newRuntime(t)
	tests := []struct {
		want string
		f    func()
	}{
		{"signal: NewStream of no signals", func() { signal.NewStream() }},
		{"signal: NewStream of a nil os.Signal", func() { signal.NewStream(os.Interrupt, nil) }},
		{"signal: NewStream of a signal_test.foreign, which is no signal of the system", func() { signal.NewStream(foreign{}) }},
		{`signal: NewStream of "killed", which no process can catch`, func() { signal.NewStream(os.Kill) }},
		{"signal: a Stream is made by NewStream", func() { none.TryRecv() }},
		{"signal: a Stream is made by NewStream", func() { new(signal.Stream).Recv(nil) }},
		{"signal: a Stream is made by NewStream", func() { new(signal.Stream).RecvWait(context.Background()) }},
		{"signal: a Stream is made by NewStream", func() { new(signal.Stream).RecvFuture() }},
		{"signal: a Stream is made by NewStream", func() { new(signal.Stream).Close() }},
		{"signal: a Stream is made by NewStream", func() { none.Closed() }},
		{"signal: Poll of a RecvFuture that no Stream has made", func() {
			new(signal.RecvFuture).Poll(core.NewContext(coretest.New(1)))
		}},
		{"signal: ShutdownOnSignal of a nil Runtime", func() {
			signal.ShutdownOnSignal(context.Background(), nil, time.Second, new(signal.Stream))
		}},
		{"signal: ShutdownOnSignal with a grace of -1s, which is negative", func() {
			signal.ShutdownOnSignal(context.Background(), rt, -time.Second, new(signal.Stream))
		}},
		{"signal: a Stream is made by NewStream", func() { signal.ShutdownOnSignal(context.Background(), rt, 0, none) }},
		{"signal: a Stream is made by NewStream", func() { signal.ShutdownOnSignal(context.Background(), rt, 0, new(signal.Stream)) }},
	}
	for _, tt := range tests {
		if got := panicOf(tt.f); got != tt.want {
			t.Errorf("panic %v, want %q", got, tt.want)
		}
	}
	new(signal.RecvFuture).Drop()
}

func TestErrClosedIsTheSharedOne(t *testing.T) {
	s := signal.NewStream(os.Interrupt)
	s.Close()
	s.Close()
	if _, err := s.TryRecv(); err != signal.ErrClosed || !errors.Is(err, core.ErrClosed) {
		t.Errorf("have %v", err)
	}
}
