package interop_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/quic-go/quic-go"
)

func TestQUIC(t *testing.T) {
	// The library logs if the system allows it smaller buffers than it wants.
	t.Setenv("QUIC_GO_DISABLE_RECEIVE_BUFFER_WARNING", "true")
	cert := newCertificate(t)
	over(t, func(t *testing.T, s sockets) {
		// What a socket has beyond a net.PacketConn, such as SyscallConn and ReadMsgUDP, the library uses: with it, and without.
		for _, kind := range []string{"whole", "plain"} {
			ends := func(t *testing.T) (client, server *quic.Conn) { return quicPair(t, s, cert, kind == "plain") }
			step(t, kind+", streams", func(t *testing.T) {
				client, server := ends(t)
				quicStreams(t, client, server)
			})
			step(t, kind+", large", func(t *testing.T) {
				client, server := ends(t)
				quicLarge(t, client, server)
				quicLarge(t, server, client)
			})
			step(t, kind+", datagrams", func(t *testing.T) {
				client, server := ends(t)
				quicDatagrams(t, client, server)
			})
			step(t, kind+", resets", func(t *testing.T) {
				client, server := ends(t)
				quicResets(t, client, server)
			})
			step(t, kind+", close", func(t *testing.T) {
				client, server := ends(t)
				quicCloses(t, client, server)
				client, server = ends(t)
				quicCloses(t, server, client)
			})
		}
		step(t, "no server", func(t *testing.T) { quicNobody(t, s, cert) })
		step(t, "many connections", func(t *testing.T) { quicMany(t, s, cert) })
	})
}

// quicPort returns a transport on a socket of its own. It does not close the socket, which is its user's.
func quicPort(t *testing.T, s sockets, plain bool) *quic.Transport {
	t.Helper()
	c, err := s.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	if plain {
		c = struct{ net.PacketConn }{c}
	}
	tr := &quic.Transport{Conn: c}
	t.Cleanup(func() {
		if err := tr.Close(); err != nil {
			t.Error(err)
		}
	})
	return tr
}

func quicConfig() *quic.Config {
	return &quic.Config{EnableDatagrams: true, HandshakeIdleTimeout: testTimeout, MaxIdleTimeout: testTimeout}
}

func quicListen(t *testing.T, tr *quic.Transport, cert certificate) *quic.Listener {
	t.Helper()
	config := cert.server()
	config.NextProtos = []string{"interop"}
	l, err := tr.Listen(config, quicConfig())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func quicDial(ctx context.Context, tr *quic.Transport, to net.Addr, cert certificate) (*quic.Conn, error) {
	config := cert.client()
	config.NextProtos = []string{"interop"}
	config.MinVersion = tls.VersionTLS13
	return tr.Dial(ctx, to, config, quicConfig())
}

// quicPair returns the two ends of a connection.
func quicPair(t *testing.T, s sockets, cert certificate, plain bool) (client, server *quic.Conn) {
	t.Helper()
	ctx := testContext(t)
	l := quicListen(t, quicPort(t, s, plain), cert)
	client, err := quicDial(ctx, quicPort(t, s, plain), l.Addr(), cert)
	if err != nil {
		t.Fatal(err)
	}
	server, err = l.Accept(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return client, server
}

// Streams that both ends open, each of which is echoed.
func quicStreams(t *testing.T, client, server *quic.Conn) {
	ctx := testContext(t)
	var streams sync.WaitGroup
	for i, c := range []*quic.Conn{client, server} {
		other := []*quic.Conn{server, client}[i]
		for id := range 15 {
			streams.Go(func() {
				if err := quicEcho(ctx, other); err != nil {
					t.Errorf("an echo: %v", err)
				}
			})
			streams.Go(func() {
				if err := quicEchoes(ctx, t, c, pattern(100_000+id, byte(id))); err != nil {
					t.Errorf("a stream: %v", err)
				}
			})
		}
	}
	streams.Wait()
}

func quicEcho(ctx context.Context, c *quic.Conn) error {
	stream, err := c.AcceptStream(ctx)
	if err != nil {
		return err
	}
	if _, err := io.Copy(stream, stream); err != nil {
		return err
	}
	return stream.Close()
}

func quicEchoes(ctx context.Context, t *testing.T, c *quic.Conn, want []byte) error {
	stream, err := c.OpenStreamSync(ctx)
	if err != nil {
		return err
	}
	sent := make(chan error, 1)
	go func() {
		_, err := stream.Write(want)
		sent <- errors.Join(err, stream.Close())
	}()
	got, err := io.ReadAll(stream)
	if err != nil {
		return err
	}
	same(t, "an echo", got, want)
	return <-sent
}

// Many packets in one direction: more than the buffers of the system hold.
func quicLarge(t *testing.T, from, to *quic.Conn) {
	ctx, want := testContext(t), pattern(8<<20, 7)
	sent := make(chan error, 1)
	go func() {
		stream, err := from.OpenUniStreamSync(ctx)
		if err != nil {
			sent <- err
			return
		}
		_, err = stream.Write(want)
		sent <- errors.Join(err, stream.Close())
	}()
	stream, err := to.AcceptUniStream(ctx)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(stream)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "a stream", got, want)
	if err := <-sent; err != nil {
		t.Error(err)
	}
}

// A datagram may be lost: it is sent again until there is an answer.
func quicDatagrams(t *testing.T, client, server *quic.Conn) {
	ctx, want := testContext(t), pattern(1000, 7)
	stop, stopped := make(chan struct{}), make(chan error, 1)
	go func() {
		for tick := time.NewTicker(time.Millisecond); ; {
			if err := client.SendDatagram(want); err != nil {
				stopped <- err
				return
			}
			select {
			case <-tick.C:
			case <-stop:
				tick.Stop()
				stopped <- nil
				return
			}
		}
	}()
	for range 20 {
		got, err := server.ReceiveDatagram(ctx)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "a datagram", got, want)
	}
	close(stop)
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

func quicResets(t *testing.T, client, server *quic.Conn) {
	ctx := testContext(t)
	stream, err := client.OpenStreamSync(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	other, err := server.AcceptStream(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := other.SetReadDeadline(time.Now().Add(-time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := other.Read(make([]byte, 10)); !timedOut(err) {
		t.Errorf("beyond its deadline, a read ends with %v", err)
	}
	if err := other.SetReadDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	stream.CancelWrite(7)
	var reset *quic.StreamError
	if _, err := io.ReadAll(other); !errors.As(err, &reset) || reset.ErrorCode != 7 || !reset.Remote {
		t.Errorf("the stream ends with %v", err)
	}
	stream.CancelRead(8)
	for err == nil {
		_, err = other.Write(pattern(10_000, 1))
	}
	if !errors.As(err, &reset) || reset.ErrorCode != 8 {
		t.Errorf("writing ends with %v", err)
	}
}

// The end of a connection reaches the reads and accepts of the other end, with its code and reason.
func quicCloses(t *testing.T, from, to *quic.Conn) {
	ctx := testContext(t)
	ended := make(chan error, 2)
	go func() {
		_, err := to.AcceptStream(ctx)
		ended <- err
	}()
	stream, err := to.OpenStreamSync(ctx)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		_, err := stream.Read(make([]byte, 1))
		ended <- err
	}()
	if err := from.CloseWithError(42, "enough"); err != nil {
		t.Error(err)
	}
	for range 2 {
		var closed *quic.ApplicationError
		if err := <-ended; !errors.As(err, &closed) || closed.ErrorCode != 42 || closed.ErrorMessage != "enough" || !closed.Remote {
			t.Errorf("the end is %v", err)
		}
	}
	if _, err := from.OpenStream(); err == nil {
		t.Error("a stream is opened after the end")
	}
}

// A dial that gets no answer ends with its context.
func quicNobody(t *testing.T, s sockets, cert certificate) {
	silent, err := s.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	if c, err := quicDial(ctx, quicPort(t, s, false), silent.LocalAddr(), cert); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Dial returns %v, %v", c, err)
	}
}

// One socket of each side has all connections.
func quicMany(t *testing.T, s sockets, cert certificate) {
	ctx := testContext(t)
	l := quicListen(t, quicPort(t, s, false), cert)
	port := quicPort(t, s, false)
	const connections = 10
	var ends sync.WaitGroup
	for id := range connections {
		ends.Go(func() {
			c, err := l.Accept(ctx)
			if err == nil {
				err = quicEcho(ctx, c)
			}
			if err != nil {
				t.Errorf("a server: %v", err)
			}
		})
		ends.Go(func() {
			c, err := quicDial(ctx, port, l.Addr(), cert)
			if err == nil {
				err = quicEchoes(ctx, t, c, pattern(50_000+id, byte(id)))
			}
			if err != nil {
				t.Errorf("client %d: %v", id, err)
			}
		})
	}
	ends.Wait()
}
