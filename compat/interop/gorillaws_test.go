package interop_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

func TestGorillaWebsocket(t *testing.T) {
	cert := newCertificate(t)
	over(t, func(t *testing.T, s sockets) {
		for _, server := range []string{"coder", "gorilla"} {
			with := func(name string, cert *certificate, test func(t *testing.T, c *websocket.Conn)) {
				step(t, name+" with "+server, func(t *testing.T) {
					test(t, gorillaDial(t, s, startWS(t, s, cert), server, true))
				})
			}
			with("echo", nil, gorillaEchoes)
			with("echo over tls", &cert, gorillaEchoes)
			with("pings", nil, gorillaPings)
			with("close by the client", nil, gorillaCloses)
			with("close by the server", nil, gorillaIsClosed)
			with("a read beyond its deadline", nil, gorillaTimesOut)
			with("an end without a close", nil, func(t *testing.T, c *websocket.Conn) { c.Close() })
			step(t, "no compression with "+server, func(t *testing.T) {
				gorillaEchoes(t, gorillaDial(t, s, startWS(t, s, nil), server, false))
			})
		}
	})
}

// gorillaBuffer is small, so that messages go in many frames.
const gorillaBuffer = 1000

// gorillaEcho is the server's side.
func gorillaEcho(w http.ResponseWriter, r *http.Request) {
	upgrader := websocket.Upgrader{EnableCompression: true, ReadBufferSize: gorillaBuffer, WriteBufferSize: gorillaBuffer}
	c, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer c.Close()
	for {
		kind, message, err := c.ReadMessage()
		if err != nil {
			return
		}
		if code := wsCode(string(message)); code != 0 {
			end := websocket.FormatCloseMessage(code, wsReason)
			if c.WriteControl(websocket.CloseMessage, end, time.Now().Add(testTimeout)) == nil {
				c.ReadMessage() // the answer
			}
			return
		}
		out, err := c.NextWriter(kind)
		if err != nil {
			return
		}
		if _, err := out.Write(message); err != nil || out.Close() != nil {
			return
		}
	}
}

func gorillaDial(t *testing.T, s sockets, to wsServer, path string, compress bool) *websocket.Conn {
	t.Helper()
	dialer := websocket.Dialer{
		NetDialContext:    s.DialContext,
		EnableCompression: compress,
		ReadBufferSize:    gorillaBuffer,
		WriteBufferSize:   gorillaBuffer,
	}
	if to.cert != nil {
		dialer.TLSClientConfig = to.cert.client()
	}
	c, _, err := dialer.DialContext(testContext(t), to.url(path), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.SetReadDeadline(time.Now().Add(testTimeout)); err != nil {
		t.Fatal(err)
	}
	return c
}

func gorillaEchoes(t *testing.T, c *websocket.Conn) {
	for i := range 2 * len(wsSizes) {
		size := wsSizes[i/2]
		want, kind := pattern(size, byte(i)), websocket.BinaryMessage
		if i%2 == 0 {
			want, kind = bytes.Repeat([]byte("text "), size/5), websocket.TextMessage // compressible
		}
		written := make(chan error, 1)
		go func() { written <- gorillaWrite(c, kind, want) }()
		gotKind, got, err := c.ReadMessage()
		if err != nil || gotKind != kind {
			t.Fatalf("%v, %v", gotKind, err)
		}
		same(t, "a message", got, want)
		if err := <-written; err != nil {
			t.Fatal(err)
		}
	}
	gorillaCloses(t, c)
}

// gorillaWrite writes a message through a writer, whose buffer makes fragments of it.
func gorillaWrite(c *websocket.Conn, kind int, message []byte) error {
	w, err := c.NextWriter(kind)
	if err != nil {
		return err
	}
	for part := range bytesIn(message, 7777) {
		if _, err := w.Write(part); err != nil {
			return err
		}
	}
	return w.Close()
}

// Pings go to and fro while messages do.
func gorillaPings(t *testing.T, c *websocket.Conn) {
	const each = 50
	want, pongs := pattern(30_000, 1), 0
	c.SetPongHandler(func(data string) error {
		if data != "a ping" {
			t.Errorf("a pong has %q", data)
		}
		pongs++
		return nil
	})
	var writers sync.WaitGroup
	writers.Go(func() {
		for range each {
			if err := gorillaWrite(c, websocket.BinaryMessage, want); err != nil {
				t.Errorf("a message: %v", err)
				return
			}
		}
	})
	writers.Go(func() {
		for range each {
			if err := c.WriteControl(websocket.PingMessage, []byte("a ping"), time.Now().Add(testTimeout)); err != nil {
				t.Errorf("a ping: %v", err)
				return
			}
		}
	})
	closed := make(chan error, 1)
	go func() {
		writers.Wait()
		closed <- c.WriteMessage(websocket.TextMessage, []byte(wsClose(1000)))
	}()
	messages := 0
	for ; ; messages++ {
		_, got, err := c.ReadMessage()
		if websocket.IsCloseError(err, websocket.CloseNormalClosure) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		same(t, "a message", got, want)
	}
	if err := <-closed; messages != each || pongs != each || err != nil {
		t.Errorf("%d messages, %d pongs, %v", messages, pongs, err)
	}
}

func gorillaCloses(t *testing.T, c *websocket.Conn) {
	t.Helper()
	if err := c.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(4000, "enough"), time.Now().Add(testTimeout)); err != nil {
		t.Fatal(err)
	}
	var closed *websocket.CloseError
	if _, _, err := c.ReadMessage(); !errors.As(err, &closed) || closed.Code != 4000 {
		t.Errorf("the end is %v", err)
	}
	// The server closes the connection first.
	if _, err := c.NetConn().Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("after the close of the websocket, the connection has %v", err)
	}
}

func gorillaIsClosed(t *testing.T, c *websocket.Conn) {
	if err := c.WriteMessage(websocket.TextMessage, []byte(wsClose(4001))); err != nil {
		t.Fatal(err)
	}
	var closed *websocket.CloseError
	if _, _, err := c.ReadMessage(); !errors.As(err, &closed) || closed.Code != 4001 || closed.Text != wsReason {
		t.Errorf("the end is %v", err)
	}
}

func gorillaTimesOut(t *testing.T, c *websocket.Conn) {
	if err := c.SetReadDeadline(time.Now().Add(10 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	var timeout net.Error
	if _, _, err := c.ReadMessage(); !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("the read ends with %v", err)
	}
	// Writes have a deadline of their own.
	if err := c.WriteMessage(websocket.TextMessage, []byte(wsClose(1000))); err != nil {
		t.Error(err)
	}
}
