package tcp

import (
	"net"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/executor/net/internal/netfd"
	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
	"github.com/moduvex/moduvex-go/reactor"
)

// maxSelfConnects is how often an attempt that has connected to itself is repeated.
const maxSelfConnects = 2

// An attempt connects to one endpoint.
//
//	new → connecting → connected or failed
//	         ↑   │
//	         └───┘ connected to itself
type attempt struct {
	dialer *Dialer
	to     sys.Endpoint
	stream *Stream // while connecting
	selves int
}

// poll returns ok once the attempt has ended, with a Stream or an error.
func (t *attempt) poll(cx *core.Context) (s *Stream, ok bool, err error) {
	for {
		done := false
		if t.stream == nil {
			done, err = t.begin(cx)
		} else {
			done, err = t.check(cx)
		}
		if err != nil {
			t.drop()
			return nil, true, err
		}
		if !done {
			return nil, false, nil
		}
		s = t.stream
		requested := t.dialer.LocalAddr.Port() != 0 // then the caller may want a connection to itself
		if !requested && t.selves < maxSelfConnects && s.toItself() {
			t.selves++
			t.drop()
			continue
		}
		t.stream = nil
		return s, true, nil
	}
}

// begin makes the socket and starts the connect.
func (t *attempt) begin(cx *core.Context) (done bool, err error) {
	family := t.to.Family()
	var at sys.Endpoint
	local := t.dialer.LocalAddr
	if local.IsValid() {
		if at, err = sys.EndpointOf(local); err != nil {
			return false, err
		}
	}
	fd, err := sys.Socket(family)
	if err != nil {
		return false, err
	}
	t.stream = newStream(fd, t.to)
	if err := setOptions(fd, t.dialer.KeepAlive); err != nil {
		return false, err
	}
	if err := callControl(t.dialer.Control, family, t.to, &t.stream.fd); err != nil {
		return false, err
	}
	if local.IsValid() {
		if local.Port() == 0 {
			sys.SetLatePort(fd)
		}
		if err := sys.Bind(fd, family, at); err != nil {
			return false, err
		}
	}
	switch errno := sys.Connect(fd, family, t.to); errno {
	case 0:
		return true, nil
	case sys.EINPROGRESS:
		// After the connect: a socket that does not connect yet is reported as hung up.
		if err := t.stream.fd.Register(cx); err != nil {
			return false, err
		}
		return t.check(cx)
	default:
		return false, callError("connect", errno)
	}
}

// check reports whether the socket, which is registered, has connected.
func (t *attempt) check(cx *core.Context) (done bool, err error) {
	const d = reactor.Write
	fd := &t.stream.fd
	var last netfd.Event
	for {
		ev, ok, err := fd.Ready(cx, d, last)
		if err == nil && ok && !ev.Known() { // its runtime has ended
			err = net.ErrClosed
		}
		if err != nil || !ok || last.Known() && !cx.Spend() {
			return false, err
		}
		switch errno := sys.Connected(fd.Sysfd()); errno {
		case 0:
			return true, nil
		case sys.EAGAIN:
			ev.Blocked(d)
			last = ev
		default:
			return false, callError("connect", errno)
		}
	}
}

// drop closes the socket, if there is one.
func (t *attempt) drop() {
	if t.stream != nil {
		_ = t.stream.fd.Close()
		t.stream = nil
	}
}

// toItself reports whether s is both ends of its connection. A connect to a port of this machine without a listener
// ends so if the system chooses the same port to connect from: two SYNs cross.
func (s *Stream) toItself() bool {
	local, err := sys.Local(s.fd.Sysfd())
	return err == nil && local == s.peer
}
