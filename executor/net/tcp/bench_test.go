package tcp_test

import (
	"fmt"
	"io"
	"net"
	"sync"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
)

// As in most programs, a message does not fill the buffer it is read into.
const (
	benchMessage = 64
	benchBuffer  = 512
)

// An operation is a message there and back: b.N of them, spread over the connections, each with one
// in flight. Both ends are in the process, and of the same kind.
func BenchmarkEcho(b *testing.B) {
	for _, conns := range []int{1, 64} {
		b.Run(fmt.Sprintf("poll/conns=%d", conns), func(b *testing.B) { benchTasks(b, conns, spawnPoll, clientPoll) })
		b.Run(fmt.Sprintf("direct/conns=%d", conns), func(b *testing.B) { benchTasks(b, conns, spawnDirect, clientDirect) })
		b.Run(fmt.Sprintf("net/conns=%d", conns), func(b *testing.B) { benchNet(b, conns) })
	}
}

func benchTasks(b *testing.B, conns int, serve, client func(co *coro.Co, s *tcp.Stream, n int) nettest.Handle) {
	rt := nettest.NewRuntime(b)
	l := listen(b)
	b.ReportAllocs()
	nettest.Do(b, rt, func(co *coro.Co) error {
		var clients, servers []*tcp.Stream
		for range conns {
			c, err := tcp.Dial(co, "tcp", l.Addr().String())
			if err != nil {
				return err
			}
			s, err := l.Accept(co)
			if err != nil {
				return err
			}
			clients, servers = append(clients, c), append(servers, s)
		}
		var hs []nettest.Handle
		b.ResetTimer()
		for i := range conns {
			hs = append(hs, serve(co, servers[i], 0), client(co, clients[i], share(b.N, conns, i)))
		}
		for _, h := range hs {
			if _, err := h.Join(co); err != nil {
				return err
			}
		}
		b.StopTimer()
		return nil
	})
}

// share is how many of n operations the i-th of several does.
func share(n, of, i int) int {
	if i < n%of {
		return n/of + 1
	}
	return n / of
}

func spawnDirect(co *coro.Co, s *tcp.Stream, _ int) nettest.Handle {
	return executor.Do(co, func(co *coro.Co) error {
		defer s.Close()
		buf := make([]byte, benchBuffer)
		for {
			n, err := s.Read(co, buf)
			if err == io.EOF {
				return nil
			}
			if err != nil {
				return err
			}
			if _, err := s.Write(co, buf[:n]); err != nil {
				return err
			}
		}
	})
}

func clientDirect(co *coro.Co, s *tcp.Stream, n int) nettest.Handle {
	return executor.Do(co, func(co *coro.Co) error {
		defer s.Close()
		buf := make([]byte, benchBuffer)
		for range n {
			if _, err := s.Write(co, buf[:benchMessage]); err != nil {
				return err
			}
			if _, err := s.Read(co, buf); err != nil {
				return err
			}
		}
		return nil
	})
}

func spawnPoll(co *coro.Co, s *tcp.Stream, _ int) nettest.Handle {
	return executor.Spawn[struct{}](co, &echoPair{s: s, left: -1, buf: make([]byte, benchBuffer)})
}

func clientPoll(co *coro.Co, s *tcp.Stream, n int) nettest.Handle {
	return executor.Spawn[struct{}](co, &echoPair{s: s, left: n, writes: n > 0, buf: make([]byte, benchBuffer)})
}

// echoPair alternates between reading and writing: as a server, that reads first and ends with the
// stream, or as a client, that writes first and ends after a number of rounds.
type echoPair struct {
	s      *tcp.Stream
	buf    []byte
	left   int
	writes bool
}

func (e *echoPair) Poll(cx *core.Context) (struct{}, bool) {
	for e.left != 0 {
		if e.writes {
			if _, ready, _ := e.s.PollWrite(cx, e.buf[:benchMessage]); !ready {
				return struct{}{}, false
			}
			e.writes = false
		}
		_, ready, err := e.s.PollRead(cx, e.buf)
		if !ready {
			return struct{}{}, false
		}
		if err != nil {
			break
		}
		e.writes = true
		if e.left > 0 {
			e.left--
		}
	}
	e.s.Close()
	return struct{}{}, true
}

func (e *echoPair) Drop() { e.s.Close() }

// benchNet is the same with goroutines and package net.
func benchNet(b *testing.B, conns int) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	var clients, servers []net.Conn
	for range conns {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		s, err := l.Accept()
		if err != nil {
			b.Fatal(err)
		}
		clients, servers = append(clients, c), append(servers, s)
	}
	b.ReportAllocs()
	b.ResetTimer()
	var wg sync.WaitGroup
	for i := range conns {
		wg.Add(2)
		go func() {
			defer wg.Done()
			defer servers[i].Close()
			buf := make([]byte, benchBuffer)
			for {
				n, err := servers[i].Read(buf)
				if err != nil {
					return
				}
				if _, err := servers[i].Write(buf[:n]); err != nil {
					return
				}
			}
		}()
		go func() {
			defer wg.Done()
			defer clients[i].Close()
			buf := make([]byte, benchBuffer)
			for range share(b.N, conns, i) {
				if _, err := clients[i].Write(buf[:benchMessage]); err != nil {
					b.Error(err)
				}
				if _, err := clients[i].Read(buf); err != nil {
					b.Error(err)
				}
			}
		}()
	}
	wg.Wait()
	b.StopTimer()
}
