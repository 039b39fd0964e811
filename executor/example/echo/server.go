package main

import (
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// A server makes a task of each connection and keeps the handles.
type server struct {
	spawn func(core.Spawner, *tcp.Stream) joinhandle.AbortHandle

	mu    sync.Mutex
	conns []joinhandle.AbortHandle
}

func styleOf(name string) (func(core.Spawner, *tcp.Stream) joinhandle.AbortHandle, error) {
	switch name {
	case "direct":
		return spawnDirect, nil
	case "poll":
		return spawnPoll, nil
	}
	return nil, fmt.Errorf("no style %q: there are direct and poll", name)
}

// accept returns the body of the accepting task. It owns the listener.
func (s *server) accept(l *tcp.Listener) func(*coro.Co) (int, error) {
	return func(co *coro.Co) (int, error) {
		defer l.Close()
		for {
			conn, err := l.Accept(co)
			if err != nil {
				return s.accepted(), err
			}
			h := s.spawn(co, conn)
			s.mu.Lock()
			s.conns = append(s.conns, h)
			s.mu.Unlock()
		}
	}
}

// accepted returns how many connections there were.
func (s *server) accepted() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

// abort aborts one connection in every n, and returns how many of these had not ended yet.
func (s *server) abort(n int) (aborted int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := 0; i < len(s.conns); i += n {
		if s.conns[i].Abort() {
			aborted++
		}
	}
	return aborted
}

// buffers are borrowed while there is data, so that an idle connection has none.
var buffers = sync.Pool{New: func() any { return new([4096]byte) }}

// Direct style: a body for each connection.

func spawnDirect(s core.Spawner, conn *tcp.Stream) joinhandle.AbortHandle {
	return executor.Go(s, func(co *coro.Co) (int64, error) { return echo(co, conn) }).AbortHandle()
}

// echo sends back what comes in. An abort makes the await that is under way fail.
func echo(co *coro.Co, conn *tcp.Stream) (total int64, err error) {
	defer conn.Close()
	for {
		if err := conn.WaitReadable(co); err != nil {
			return total, err
		}
		n, err := echoOnce(co, conn)
		total += int64(n)
		if errors.Is(err, io.EOF) {
			return total, nil
		}
		if err != nil {
			return total, err
		}
	}
}

func echoOnce(co *coro.Co, conn *tcp.Stream) (int, error) {
	b := buffers.Get().(*[4096]byte)
	defer buffers.Put(b)
	n, err := conn.Read(co, b[:])
	if err != nil {
		return n, err
	}
	return conn.Write(co, b[:n])
}

// Poll style: a future for each connection.

func spawnPoll(s core.Spawner, conn *tcp.Stream) joinhandle.AbortHandle {
	return executor.Spawn[error](s, &echoing{conn: conn}).AbortHandle()
}

// echoing is the same as a state machine: with a buffer it has bytes[from:to] to write, without
// one it waits.
type echoing struct {
	conn     *tcp.Stream
	bytes    *[4096]byte
	from, to int
}

func (e *echoing) Poll(cx *core.Context) (error, bool) {
	for {
		ready, err := e.step(cx)
		if !ready {
			return nil, false
		}
		if err != nil {
			e.Drop()
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return err, true
		}
	}
}

func (e *echoing) step(cx *core.Context) (ready bool, err error) {
	if e.from < e.to {
		n, ready, err := e.conn.PollWrite(cx, e.bytes[e.from:e.to])
		e.from += n
		return ready, err
	}
	if e.bytes == nil {
		if ready, err = e.conn.PollReadable(cx); !ready || err != nil {
			return ready, err
		}
		e.bytes = buffers.Get().(*[4096]byte)
	}
	e.from = 0
	if e.to, ready, err = e.conn.PollRead(cx, e.bytes[:]); !ready {
		e.release()
	}
	return ready, err
}

func (e *echoing) release() {
	if e.bytes != nil {
		buffers.Put(e.bytes)
		e.bytes, e.from, e.to = nil, 0, 0
	}
}

// Drop is called when the task is aborted.
func (e *echoing) Drop() {
	e.release()
	e.conn.Close()
}
