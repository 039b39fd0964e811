package main

import (
	"io"
	"sync"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// A server accepts connections and gives each a task that echoes.
type server struct {
	listener *tcp.ListenerGroup // one for each worker, so that all cores serve
	style    string             // of the connections' tasks: poll or direct

	// accepted, if not nil, is called with the task of each connection.
	accepted func(joinhandle.AbortHandle)

	// buffers are lent to connections for as long as there is something in them. An idle
	// connection has none: that is why there may be very many.
	buffers sync.Pool // of *buffer
}

type buffer struct {
	data [4096]byte
	out  []byte // the part of data that is still to be sent
}

func (srv *server) buffer() *buffer {
	if b, ok := srv.buffers.Get().(*buffer); ok {
		return b
	}
	return new(buffer)
}

// run accepts until the listener is closed.
func (srv *server) run(co *coro.Co) error {
	return srv.listener.ServeWith(co, func(sp core.Spawner, s *tcp.Stream) {
		h := srv.spawn(sp, s)
		if srv.accepted != nil {
			srv.accepted(h)
		}
	})
}

// spawn makes a task of a connection.
func (srv *server) spawn(sp core.Spawner, s *tcp.Stream) joinhandle.AbortHandle {
	if srv.style == "poll" {
		return executor.Spawn[error](sp, &echo{srv: srv, s: s}).AbortHandle()
	}
	return executor.DoOwning(sp, s, func(co *coro.Co) error {
		defer s.Close()
		return srv.echo(co, s)
	}).AbortHandle()
}

// echo is a connection in direct style: code as for a goroutine. Its stack is what it costs while it
// waits. If its task is aborted, whatever it waits for fails, and it returns.
func (srv *server) echo(co *coro.Co, s *tcp.Stream) error {
	for {
		if err := s.WaitReadable(co); err != nil {
			return err
		}
		if err := srv.turn(co, s); err != nil {
			return eofIsFine(err)
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

// An echo is a connection in poll style: a struct of what it has to remember while it waits, which
// is little. Poll goes as far as it can get; Drop is called if the task is aborted.
type echo struct {
	srv *server
	s   *tcp.Stream
	b   *buffer // nil while there is nothing to send back
}

// Poll implements core.Future.
func (e *echo) Poll(cx *core.Context) (error, bool) {
	for {
		ready, err := e.step(cx)
		if !ready {
			return nil, false
		}
		if err != nil {
			e.Drop()
			return eofIsFine(err), true
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

// eofIsFine takes the end of the stream for what it is, the ordinary end of a connection.
func eofIsFine(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}
