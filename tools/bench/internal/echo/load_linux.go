package echo

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"runtime"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/moduvex/moduvex-go/tools/bench/internal/peer"
	"github.com/moduvex/moduvex-go/tools/bench/internal/proc"
)

// window is how many connections are made before a reply has come on each: fewer than any backlog,
// for a connection that finds the backlog full waits for a second.
const window = 100

// The load waits for the replies to 1/batchPart of the requests in flight, but for no more than maxBatch, before it sends the
// next requests. A load that is quicker than the server would else be woken for every reply, and so take as much processor
// time as one that is too slow. The server always has the rest to go on with.
const (
	batchPart = 8
	maxBatch  = 64
)

// replyTimeout is how long the load waits for a reply on any connection. It only ends a run that hangs.
const replyTimeout = 60 * time.Second

// A load is the connections, and what is under way on them.
type load struct {
	net   network
	conns []conn

	toSend int // requests that are left to send
	flying int
	did    int
	hist   histogram
}

// A conn is a connection with at most one request in flight.
type conn struct {
	fd   int
	seq  uint64
	sent time.Duration // since start
	got  int           // bytes of the reply
	did  int           // replies in this run
	msg  [MessageSize]byte
}

// A network sends and receives on the connections.
type network interface {
	// send sends msg, now or with the next wait. The connection has no other bytes to send, and msg does not change
	// before the reply has come.
	send(i int, msg *[MessageSize]byte) error
	// wait returns what has come since the last wait. It may wait until something has come on that many connections.
	// The bytes are good until the next wait.
	wait(atLeast int) ([]arrival, error)
	close()
}

// An arrival is bytes that have come on connection i; no bytes are the connection's end.
type arrival struct {
	i     int
	bytes []byte
}

var errNoReply = fmt.Errorf("no reply for %v", replyTimeout)

// Load is the load's process. It keeps to one thread, which is the only one that a ring may be used by.
func Load(c LoadConfig, in io.Reader, out io.Writer) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	l, err := connect(c)
	if err != nil {
		return fmt.Errorf("echo: load: %w", err)
	}
	defer l.close()
	if _, err := fmt.Fprintln(out, "connected"); err != nil {
		return err
	}
	return peer.Answer(in, out, func(line string) (any, error) {
		n, err := strconv.Atoi(strings.TrimPrefix(line, "run "))
		if err != nil {
			return nil, fmt.Errorf("echo: load: %w", err)
		}
		r, err := l.run(n)
		if err != nil {
			return nil, fmt.Errorf("echo: load: %w", err)
		}
		return r, nil
	})
}

// connect makes the connections, on each of which the server has replied once. From there on the load uses a ring, if
// the system has one.
func connect(c LoadConfig) (_ *load, err error) {
	addr, err := netip.ParseAddrPort(c.Addr)
	if err != nil {
		return nil, err
	}
	if err := proc.NeedFiles(c.Conns + 64); err != nil {
		return nil, err
	}
	l := &load{conns: make([]conn, c.Conns)}
	for i := range l.conns {
		l.conns[i].fd = -1
	}
	defer func() {
		if err != nil {
			l.close()
		}
	}()
	p, err := newPoller()
	if err != nil {
		return nil, err
	}
	l.net = p
	if err := l.dialAll(p, addr); err != nil {
		return nil, err
	}
	if c.NoRing {
		return l, nil
	}
	r, err := newRing(p.fds)
	if errors.Is(err, errors.ErrUnsupported) {
		return l, nil
	}
	if err != nil {
		return nil, err
	}
	p.close()
	l.net = r
	return l, nil
}

// dialAll makes the connections window by window.
func (l *load) dialAll(p *poller, addr netip.AddrPort) error {
	for from := 0; from < len(l.conns); from += window {
		to := min(from+window, len(l.conns))
		for i := from; i < to; i++ {
			if err := l.dial(i, addr); err != nil {
				return fmt.Errorf("connection %d: %w", i, err)
			}
			if err := p.add(l.conns[i].fd); err != nil {
				return fmt.Errorf("connection %d: %w", i, err)
			}
		}
		if _, err := l.exchange(from, to, to-from); err != nil {
			return err
		}
	}
	return nil
}

func (l *load) dial(i int, addr netip.AddrPort) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	l.conns[i].fd = fd
	if err := unix.Connect(fd, &unix.SockaddrInet4{Port: int(addr.Port()), Addr: addr.Addr().As4()}); err != nil {
		return err
	}
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
		return err
	}
	// Closing resets: thousands of connections that linger would be in the way of the next measurement.
	if err := unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1}); err != nil {
		return err
	}
	return unix.SetNonblock(fd, true)
}

func (l *load) close() {
	if l.net != nil {
		l.net.close()
	}
	for _, c := range l.conns {
		if c.fd >= 0 {
			unix.Close(c.fd)
		}
	}
}

// run sends n requests and receives the replies, spread over all connections.
func (l *load) run(n int) (r LoadReport, err error) {
	cpu := proc.CPU()
	r.Wall, err = l.exchange(0, len(l.conns), n)
	r.CPU = proc.CPU() - cpu
	if err == nil {
		err = l.starved()
	}
	r.Requests = l.did
	r.P50, r.P99, r.P999 = l.hist.quantile(0.5), l.hist.quantile(0.99), l.hist.quantile(0.999)
	return r, err
}

// exchange sends n requests on the connections from..to, and receives the replies.
func (l *load) exchange(from, to, n int) (time.Duration, error) {
	l.toSend, l.flying, l.did = n, 0, 0
	l.hist = histogram{}
	for i := range l.conns {
		l.conns[i].did = 0
	}
	begin := time.Now()
	for i := from; i < to && l.toSend > 0; i++ {
		if err := l.send(i, time.Since(begin)); err != nil {
			return 0, err
		}
	}
	for l.flying > 0 {
		arrivals, err := l.net.wait(max(1, min(maxBatch, l.flying/batchPart)))
		if err != nil {
			return 0, fmt.Errorf("%d requests in flight: %w", l.flying, err)
		}
		for _, a := range arrivals {
			if err := l.receive(a, begin); err != nil {
				return 0, fmt.Errorf("connection %d: %w", a.i, err)
			}
		}
	}
	return time.Since(begin), nil
}

// send sends the next request of a connection: bytes that no other request has.
func (l *load) send(i int, now time.Duration) error {
	c := &l.conns[i]
	c.seq++
	for at := 0; at < MessageSize; at += 8 {
		binary.LittleEndian.PutUint64(c.msg[at:], (uint64(i)<<40|c.seq<<8|uint64(at))*0x9e3779b97f4a7c15)
	}
	c.sent, c.got = now, 0
	if err := l.net.send(i, &c.msg); err != nil {
		return fmt.Errorf("connection %d: %w", i, err)
	}
	l.toSend--
	l.flying++
	return nil
}

// receive compares the bytes that have come, and sends the next request when the reply is complete.
func (l *load) receive(a arrival, begin time.Time) error {
	c := &l.conns[a.i]
	if len(a.bytes) == 0 {
		return io.ErrUnexpectedEOF
	}
	if len(a.bytes) > MessageSize-c.got {
		return fmt.Errorf("the server sent bytes without a request after those of request %d", c.seq)
	}
	if want := c.msg[c.got : c.got+len(a.bytes)]; string(a.bytes) != string(want) {
		at := 0
		for a.bytes[at] == want[at] {
			at++
		}
		return fmt.Errorf("byte %d of request %d came back as %#x, not %#x", c.got+at, c.seq, a.bytes[at], want[at])
	}
	if c.got += len(a.bytes); c.got < MessageSize {
		return nil
	}
	now := time.Since(begin)
	l.hist.add(now - c.sent)
	l.flying--
	l.did++
	c.did++
	if l.toSend == 0 {
		return nil
	}
	return l.send(a.i, now)
}

// starved returns an error if a connection got far fewer replies than the mean. A mean of a few says nothing.
func (l *load) starved() error {
	const few, least = 10, 10
	mean := l.did / len(l.conns)
	if mean < few {
		return nil
	}
	for i, c := range l.conns {
		if c.did < mean/least {
			return fmt.Errorf("connection %d got %d replies, and the mean is %d", i, c.did, mean)
		}
	}
	return nil
}
