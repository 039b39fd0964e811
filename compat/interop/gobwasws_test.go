package interop_test

import (
	"context"
	"errors"
	"net"
	"testing"

	"github.com/coder/websocket"
	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
	"github.com/moduvex/moduvex-go/compat/stdnet"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
)

// A library that starts no goroutine runs in a task, over a connection that is bound to its body. The other side is
// coder/websocket, over package net and over stdnet.
func TestGobwasWebsocket(t *testing.T) {
	overRuntimes(t, func(t *testing.T, rt *executor.Runtime) {
		for _, other := range []struct {
			name string
			sockets
		}{{"net", ofPackageNet}, {"stdnet", ofStdnet(rt)}} {
			with := func(name string, test func(t *testing.T, c *websocket.Conn)) {
				step(t, "server, "+name+" over "+other.name, func(t *testing.T) {
					server := wsServer{host: gobwasServe(t, rt)}
					test(t, coderDial(t, other.sockets, server, "", websocket.CompressionDisabled))
				})
			}
			with("echo", coderEchoes)
			with("fragments", coderFragments)
			with("pings", coderPings)
			with("close by the client", coderCloses)
			with("close by the server", coderIsClosed)
			with("an end without a close", func(_ *testing.T, c *websocket.Conn) { c.CloseNow() })
			step(t, "client over "+other.name, func(t *testing.T) { gobwasClient(t, rt, startWS(t, other.sockets, nil)) })
		}
	})
}

// gobwasServe echoes in a task for each connection, until the end of the test.
func gobwasServe(t *testing.T, rt *executor.Runtime) (host string) {
	t.Helper()
	g, err := tcp.ListenGroup(rt, "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := executor.Do(rt, func(co *coro.Co) error {
		return g.Serve(co, func(co *coro.Co, s *tcp.Stream) {
			defer s.Close()
			_ = gobwasEcho(stdnet.Bind(co, s)) // the client says how it ends
		})
	})
	t.Cleanup(func() {
		if err := g.Close(); err != nil {
			t.Error(err)
		}
		if _, err := server.Wait(context.Background()); err != nil {
			t.Errorf("Serve returns %v", err)
		}
	})
	return g.Addr().String()
}

func gobwasEcho(c net.Conn) error {
	if _, err := ws.Upgrade(c); err != nil {
		return err
	}
	for {
		message, kind, err := wsutil.ReadClientData(c) // it answers pings and closes
		if err != nil {
			return err
		}
		if code := wsCode(string(message)); code != 0 {
			return ws.WriteFrame(c, ws.NewCloseFrame(ws.NewCloseFrameBody(ws.StatusCode(code), wsReason)))
		}
		if err := wsutil.WriteServerMessage(c, kind, message); err != nil {
			return err
		}
	}
}

// gobwasClient talks to the servers of the other libraries from a task.
func gobwasClient(t *testing.T, rt *executor.Runtime, to wsServer) {
	for _, library := range []string{"coder", "gorilla"} {
		_, err := executor.Do(rt, func(co *coro.Co) error {
			dialer := ws.Dialer{NetDial: func(_ context.Context, network, address string) (net.Conn, error) {
				s, err := tcp.Dial(co, network, address)
				if err != nil {
					return nil, err
				}
				return stdnet.Bind(co, s), nil
			}}
			c, _, _, err := dialer.Dial(context.Background(), to.url(library))
			if err != nil {
				return err
			}
			defer c.Close()
			return gobwasEchoes(t, c)
		}).Wait(t.Context())
		if err != nil {
			t.Errorf("%s: %v", library, err)
		}
	}
}

func gobwasEchoes(t *testing.T, c net.Conn) error {
	for i, size := range wsSizes[:len(wsSizes)-1] { // the largest would fill the buffers of both ends, which write before they read
		want := pattern(size, byte(i))
		if err := wsutil.WriteClientBinary(c, want); err != nil {
			return err
		}
		got, err := wsutil.ReadServerBinary(c)
		if err != nil {
			return err
		}
		same(t, "a message", got, want)
	}
	if err := wsutil.WriteClientText(c, []byte(wsClose(4001))); err != nil {
		return err
	}
	var closed wsutil.ClosedError
	if _, _, err := wsutil.ReadServerData(c); !errors.As(err, &closed) || closed.Code != 4001 || closed.Reason != wsReason {
		t.Errorf("the end is %v", err)
	}
	return nil
}
