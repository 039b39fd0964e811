package echo

import (
	"context"
	"errors"
	"io"
	"sync"

	"github.com/moduvex/moduvex-go/compat/stdnet"
	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
	"github.com/moduvex/moduvex-go/tools/bench/internal/spec"
)

// serveModuvex is the server of executor/example/echo, in either style.
func serveModuvex(c spec.Case, in io.Reader, out io.Writer) (err error) {
	rt, err := executor.New(options(c))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rt.Close()) }()
	l, err := tcp.ListenGroup(rt, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	srv := &server{}
	accepting := executor.Go(rt, func(co *coro.Co) (struct{}, error) {
		if c.Style == spec.Direct {
			return struct{}{}, l.Serve(co, func(co *coro.Co, s *tcp.Stream) { srv.fail(srv.echo(co, s)) })
		}
		return struct{}{}, l.ServeWith(co, func(sp core.Spawner, s *tcp.Stream) {
			executor.Spawn(sp, &echo{srv: srv, s: s})
		})
	})
	err = serveControl(l.Addr().String(), in, out)
	if e := l.Close(); e != nil {
		return errors.Join(err, e)
	}
	_, e := accepting.Wait(context.Background())
	return errors.Join(err, e, srv.failure())
}

func options(c spec.Case) executor.Options {
	opts := executor.Options{Workers: c.Workers}
	if c.Mode == spec.Steal {
		opts.Scheduling = executor.WorkStealing
	}
	return opts
}

// serveFree is serveGoroutines over connections that wait with the workers of a runtime.
func serveFree(c spec.Case, in io.Reader, out io.Writer) (err error) {
	rt, err := executor.New(options(c))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rt.Close()) }()
	l, err := stdnet.Listen(rt, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	return serveGoroutines(l, in, out)
}

// A server lends buffers to connections for as long as there is something in them.
type server struct {
	buffers sync.Pool // of *buffer

	mu     sync.Mutex
	failed error // the first connection that did not end as it should
}

type buffer struct {
	data [bufferSize]byte
	out  []byte // the part of data that is still to be sent
}

func (srv *server) buffer() *buffer {
	if b, ok := srv.buffers.Get().(*buffer); ok {
		return b
	}
	return new(buffer)
}

func (srv *server) fail(err error) {
	if err = ordinaryEnd(err); err == nil {
		return
	}
	srv.mu.Lock()
	defer srv.mu.Unlock()
	if srv.failed == nil {
		srv.failed = err
	}
}

func (srv *server) failure() error {
	srv.mu.Lock()
	defer srv.mu.Unlock()
	return srv.failed
}

// echo is a connection in direct style.
func (srv *server) echo(co *coro.Co, s *tcp.Stream) error {
	for {
		if err := s.WaitReadable(co); err != nil {
			return err
		}
		if err := srv.turn(co, s); err != nil {
			return err
		}
	}
}

// turn sends back what has come in.
func (srv *server) turn(co *coro.Co, s *tcp.Stream) error {
	b := srv.buffer()
	defer srv.buffers.Put(b)
	n, err := s.Read(co, b.data[:])
	if err != nil {
		return err
	}
	_, err = s.Write(co, b.data[:n])
	return err
}

// An echo is a connection in poll style.
type echo struct {
	srv *server
	s   *tcp.Stream
	b   *buffer // nil while there is nothing to send back
}

// Poll implements core.Future.
func (e *echo) Poll(cx *core.Context) (struct{}, bool) {
	for {
		ready, err := e.step(cx)
		if !ready {
			return struct{}{}, false
		}
		if err != nil {
			e.srv.fail(err)
			e.Drop()
			return struct{}{}, true
		}
	}
}

// step does the next thing, unless it would have to wait.
func (e *echo) step(cx *core.Context) (ready bool, err error) {
	if e.b == nil {
		if ready, err := e.s.PollReadable(cx); !ready || err != nil {
			return ready, err
		}
		e.b = e.srv.buffer()
	}
	if len(e.b.out) == 0 {
		n, ready, err := e.s.PollRead(cx, e.b.data[:])
		if !ready || err != nil {
			e.release()
			return ready, err
		}
		e.b.out = e.b.data[:n]
	}
	n, ready, err := e.s.PollWrite(cx, e.b.out)
	if e.b.out = e.b.out[n:]; len(e.b.out) == 0 {
		e.release()
	}
	return ready, err
}

func (e *echo) release() {
	e.b.out = nil
	e.srv.buffers.Put(e.b)
	e.b = nil
}

// Drop implements core.Dropper.
func (e *echo) Drop() {
	if e.b != nil {
		e.release()
	}
	e.s.Close()
}
