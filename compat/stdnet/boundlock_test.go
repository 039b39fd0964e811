package stdnet_test

import (
	"bytes"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/moduvex/moduvex-go/compat/stdnet"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/executor"
)

// A logBuffer is the output of a logger that tells when there is some.
type logBuffer struct {
	mu   sync.Mutex
	b    bytes.Buffer
	some chan struct{}
	once sync.Once
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.once.Do(func() { close(l.some) })
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// A tls.Conn holds a lock while it reads. A task that reads from it is suspended in Bind's Read with the lock; another one
// that wants to read, too, blocks its worker, before any code of this project is called. Only the log can tell.
func TestTwoTasksThatReadOneTLSConnAreReported(t *testing.T) {
	for _, n := range networks() {
		log := &logBuffer{some: make(chan struct{})}
		rt := newRuntime(t, executor.Options{
			LongPollThreshold: 20 * time.Millisecond,
			Logger:            slog.New(slog.NewTextHandler(log, nil)),
		})
		sc, cc := configs(tls.VersionTLS13)
		reads := make(chan *tls.Conn)
		var ours, peers stdnet.Stream
		var peer handle
		first := executor.Do(rt, func(co *coro.Co) (err error) {
			if ours, peers, err = n.pair(co); err != nil {
				return err
			}
			peer = executor.Do(co, func(co *coro.Co) error { // is suspended in a Read, too, with the lock of another connection
				_, err := tls.Server(stdnet.Bind(co, peers), sc).Read(make([]byte, 1))
				return err
			})
			c := tls.Client(stdnet.Bind(co, ours), cc)
			if err := c.Handshake(); err != nil {
				return err
			}
			reads <- c
			_, err = c.Read(make([]byte, 1))
			wantOp(t, "read", err, net.ErrClosed)
			return nil
		})
		c := <-reads
		eventually(t, "both ends read", func() bool { return suspended(rt, first) && suspended(rt, peer) })
		second := executor.Do(executor.Named(rt, "second"), func(*coro.Co) error {
			_, err := c.Read(make([]byte, 1))
			return err
		})
		select {
		case <-log.some:
		case <-time.After(testTimeout):
			t.Fatal("nothing is reported")
		}
		// No task could do this, if the worker is the one of the first: so a program hangs here.
		readLock(c).Unlock()
		if err := finish(t, second); !errors.Is(err, stdnet.ErrForeign) {
			t.Errorf("the second read: %v", err)
		}
		readLock(c).Lock()
		ours.Close()
		peers.Close()
		if err := finish(t, peer); err == nil {
			t.Error("the peer has read something")
		}
		if err := finish(t, first); err != nil && !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
		for _, want := range []string{
			`msg="executor: the task blocks its worker in sync.Mutex.Lock: a suspended task is likely to hold the lock"`,
			"name=second", " at=stdnet/boundlock_test.go:", " held_at=stdnet/boundlock_test.go:",
			"crypto/tls.(*Conn).Read", "stdnet.(*boundConn).Read",
		} {
			if !strings.Contains(log.String(), want) {
				t.Errorf("%s: the log has no %q: %s", n.name, want, log.String())
			}
		}
		if n := strings.Count(log.String(), "crypto/tls.(*Conn).Read("); n != 2 {
			t.Errorf("%d tasks are shown, want the one that wants the lock and the one that has it: %s", n, log.String())
		}
	}
}

// suspended reports whether the task of h waits.
func suspended(rt *executor.Runtime, h handle) bool {
	return slices.ContainsFunc(rt.Tasks(), func(s executor.TaskStatus) bool { return s.ID == h.ID() && s.State == task.Idle })
}

// readLock is the lock that c holds while it reads.
func readLock(c *tls.Conn) *sync.Mutex {
	return (*sync.Mutex)(unsafe.Pointer(reflect.ValueOf(c).Elem().FieldByName("in").FieldByName("Mutex").UnsafeAddr()))
}
