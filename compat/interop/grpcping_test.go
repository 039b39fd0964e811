package interop_test

import (
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
)

// A frames is an end of an HTTP/2 connection which sends and receives frames as a test says.
type frames struct {
	net.Conn
	*http2.Framer
}

// dialFrames connects to a server, and exchanges the first frames.
func dialFrames(t *testing.T, s sockets, to net.Addr) frames {
	t.Helper()
	c, err := s.dial(to.Network(), to.String())
	if err != nil {
		t.Fatal(err)
	}
	f := newFrames(t, c)
	if _, err := io.WriteString(c, http2.ClientPreface); err != nil {
		t.Fatal(err)
	}
	f.begin(t)
	return f
}

func newFrames(t *testing.T, c net.Conn) frames {
	t.Helper()
	t.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(testTimeout)); err != nil {
		t.Fatal(err)
	}
	return frames{c, http2.NewFramer(c, c)}
}

// begin exchanges the settings.
func (f frames) begin(t *testing.T) {
	t.Helper()
	if err := f.WriteSettings(); err != nil {
		t.Fatal(err)
	}
	for {
		frame := f.next(t)
		if settings, ok := frame.(*http2.SettingsFrame); ok && !settings.IsAck() {
			break
		}
	}
	if err := f.WriteSettingsAck(); err != nil {
		t.Fatal(err)
	}
}

func (f frames) next(t *testing.T) http2.Frame {
	t.Helper()
	frame, err := f.ReadFrame()
	if err != nil {
		t.Fatal(err)
	}
	return frame
}

// ping waits for the ping of the other end.
func (f frames) ping(t *testing.T) *http2.PingFrame {
	t.Helper()
	for {
		if ping, ok := f.next(t).(*http2.PingFrame); ok && !ping.IsAck() {
			return ping
		}
	}
}

// end waits for the end of the connection.
func (f frames) end(t *testing.T) {
	t.Helper()
	var timeout net.Error
	for {
		if _, err := f.ReadFrame(); errors.As(err, &timeout) && timeout.Timeout() {
			t.Error("the connection is not closed")
			return
		} else if err != nil {
			return
		}
	}
}

// A server answers the first pings, and closes a connection that goes on with them.
func grpcTooManyPings(t *testing.T, s sockets) {
	ends := grpcServe(t, s.listen(t), grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: time.Hour, PermitWithoutStream: true}))
	f := dialFrames(t, s, ends.addr)
	acks := 0
	for i := range byte(10) {
		if err := f.WritePing(false, [8]byte{i}); err != nil {
			break
		}
	}
	for {
		switch frame := f.next(t).(type) {
		case *http2.PingFrame:
			if !frame.IsAck() || frame.Data != [8]byte{byte(acks)} {
				t.Errorf("%v %v, after %d", frame, frame.Data, acks)
			}
			acks++
		case *http2.GoAwayFrame:
			if frame.ErrCode != http2.ErrCodeEnhanceYourCalm || string(frame.DebugData()) != "too_many_pings" || acks == 0 || acks == 10 {
				t.Errorf("%v %q, after %d answers", frame, frame.DebugData(), acks)
			}
			f.end(t)
			return
		}
	}
}

// A server sends pings on a connection that is idle, and closes it when there is no answer.
func grpcServerKeepAlive(t *testing.T, s sockets) {
	ends := grpcServe(t, s.listen(t), grpc.KeepaliveParams(keepalive.ServerParameters{Time: time.Second, Timeout: 100 * time.Millisecond}))
	f := dialFrames(t, s, ends.addr)
	if err := f.WritePing(true, f.ping(t).Data); err != nil {
		t.Fatal(err)
	}
	f.ping(t)
	f.end(t)
}

// So does a client.
func grpcClientKeepAlive(t *testing.T, s sockets) {
	l := s.listen(t)
	c := grpcDial(t, s, l.Addr(), grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 10 * time.Second, Timeout: 100 * time.Millisecond, PermitWithoutStream: true}))
	c.Connect()
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	f := newFrames(t, conn)
	if _, err := io.ReadFull(conn, make([]byte, len(http2.ClientPreface))); err != nil {
		t.Fatal(err)
	}
	f.begin(t)
	f.ping(t)
	f.end(t)
}
