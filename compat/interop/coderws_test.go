package interop_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
)

func TestCoderWebsocket(t *testing.T) {
	cert := newCertificate(t)
	over(t, func(t *testing.T, s sockets) {
		for _, server := range []string{"coder", "gorilla"} {
			with := func(name string, cert *certificate, test func(t *testing.T, c *websocket.Conn)) {
				step(t, name+" with "+server, func(t *testing.T) {
					test(t, coderDial(t, s, startWS(t, s, cert), server, websocket.CompressionContextTakeover))
				})
			}
			with("echo", nil, coderEchoes)
			with("echo over tls", &cert, coderEchoes)
			with("fragments", nil, coderFragments)
			with("pings", nil, coderPings)
			with("close by the client", nil, coderCloses)
			with("close by the server", nil, coderIsClosed)
			with("a read that is given up", nil, coderGivesUp)
			with("an end without a close", nil, func(t *testing.T, c *websocket.Conn) { c.CloseNow() })
			step(t, "other compressions with "+server, func(t *testing.T) {
				ws := startWS(t, s, nil)
				coderEchoes(t, coderDial(t, s, ws, server, websocket.CompressionDisabled))
				coderEchoes(t, coderDial(t, s, ws, server, websocket.CompressionNoContextTakeover))
			})
		}
	})
}

// coderEcho is the server's side.
func coderEcho(w http.ResponseWriter, r *http.Request) {
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{CompressionMode: websocket.CompressionContextTakeover, CompressionThreshold: 1})
	if err != nil {
		return
	}
	defer c.CloseNow()
	c.SetReadLimit(-1)
	for {
		kind, message, err := c.Read(context.Background())
		if err != nil {
			return
		}
		if code := wsCode(string(message)); code != 0 {
			c.Close(websocket.StatusCode(code), wsReason)
			return
		}
		if err := c.Write(context.Background(), kind, message); err != nil {
			return
		}
	}
}

func coderDial(t *testing.T, s sockets, to wsServer, path string, mode websocket.CompressionMode) *websocket.Conn {
	t.Helper()
	transport := &http.Transport{DialContext: s.DialContext}
	if to.cert != nil {
		transport.TLSClientConfig = to.cert.client()
	}
	c, _, err := websocket.Dial(testContext(t), to.url(path), &websocket.DialOptions{
		HTTPClient:           &http.Client{Transport: transport},
		CompressionMode:      mode,
		CompressionThreshold: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	c.SetReadLimit(-1)
	t.Cleanup(func() {
		c.CloseNow()
		transport.CloseIdleConnections()
	})
	return c
}

func coderEchoes(t *testing.T, c *websocket.Conn) {
	ctx := testContext(t)
	for i := range 2 * len(wsSizes) {
		size := wsSizes[i/2]
		want, kind := pattern(size, byte(i)), websocket.MessageBinary
		if i%2 == 0 {
			want, kind = bytes.Repeat([]byte("text "), size/5), websocket.MessageText // compressible
		}
		written := make(chan error, 1)
		go func() { written <- c.Write(ctx, kind, want) }()
		gotKind, got, err := c.Read(ctx)
		if err != nil || gotKind != kind {
			t.Fatalf("%v, %v", gotKind, err)
		}
		same(t, "a message", got, want)
		if err := <-written; err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Close(websocket.StatusNormalClosure, ""); err != nil {
		t.Error(err)
	}
}

// A message that is written in parts, each in a frame of its own.
func coderFragments(t *testing.T, c *websocket.Conn) {
	ctx, want := testContext(t), pattern(200_000, 1)
	w, err := c.Writer(ctx, websocket.MessageBinary)
	if err != nil {
		t.Fatal(err)
	}
	for part := range bytesIn(want, 777) {
		if n, err := w.Write(part); n != len(part) || err != nil {
			t.Fatalf("%d, %v", n, err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	_, r, err := c.Reader(ctx)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "a message", got, want)
	c.Close(websocket.StatusNormalClosure, "")
}

// Pings go to and fro while messages do. The pongs are read by the reader of messages.
func coderPings(t *testing.T, c *websocket.Conn) {
	ctx, want := testContext(t), pattern(30_000, 1)
	const each = 50
	var writers sync.WaitGroup
	writers.Go(func() {
		for range each {
			if err := c.Ping(ctx); err != nil {
				t.Errorf("a ping: %v", err)
				return
			}
		}
	})
	for range 2 {
		writers.Go(func() {
			for range each {
				if err := c.Write(ctx, websocket.MessageBinary, want); err != nil {
					t.Errorf("a message: %v", err)
					return
				}
			}
		})
	}
	closed := make(chan error, 1)
	go func() {
		writers.Wait()
		closed <- c.Write(ctx, websocket.MessageText, []byte(wsClose(1000)))
	}()
	messages := 0
	for ; ; messages++ {
		_, got, err := c.Read(ctx)
		if websocket.CloseStatus(err) == websocket.StatusNormalClosure {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		same(t, "a message", got, want)
	}
	if err := <-closed; messages != 2*each || err != nil {
		t.Errorf("%d messages, %v", messages, err)
	}
}

func coderCloses(t *testing.T, c *websocket.Conn) {
	if err := c.Close(4000, "enough"); err != nil { // it waits for the answer
		t.Errorf("Close returns %v", err)
	}
	if err := c.Write(testContext(t), websocket.MessageText, nil); err == nil {
		t.Error("a message is written after Close")
	}
}

func coderIsClosed(t *testing.T, c *websocket.Conn) {
	ctx := testContext(t)
	if err := c.Write(ctx, websocket.MessageText, []byte(wsClose(4001))); err != nil {
		t.Fatal(err)
	}
	var closed websocket.CloseError
	if _, _, err := c.Read(ctx); !errors.As(err, &closed) || closed.Code != 4001 || closed.Reason != wsReason {
		t.Errorf("the end is %v", err)
	}
}

// The library closes the connection when the context of a read ends.
func coderGivesUp(t *testing.T, c *websocket.Conn) {
	ctx, cancel := context.WithTimeout(testContext(t), 10*time.Millisecond)
	defer cancel()
	if _, _, err := c.Read(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the read ends with %v", err)
	}
	if err := c.Write(testContext(t), websocket.MessageText, nil); err == nil {
		t.Error("a message is written after that")
	}
}
