package echo

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/moduvex/moduvex-go/tools/bench/internal/proc"
)

// window is how many connections are made before a reply has come on each: fewer than any backlog,
// for a connection that finds the backlog full waits for a second.
const window = 100

// A load is the connections, and what is under way on them.
type load struct {
	epoll int
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
	msg  [MessageSize]byte
	in   [MessageSize]byte
}

// Load is the load's process.
func Load(c LoadConfig, in io.Reader, out io.Writer) error {
	l, err := connect(c)
	if err != nil {
		return fmt.Errorf("echo: load: %w", err)
	}
	defer l.close()
	if _, err := fmt.Fprintln(out, "connected"); err != nil {
		return err
	}
	return command(in, out, func(line string) (any, error) {
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

// connect makes the connections, on each of which the server has replied once.
func connect(c LoadConfig) (l *load, err error) {
	addr, err := netip.ParseAddrPort(c.Addr)
	if err != nil {
		return nil, err
	}
	if err := proc.NeedFiles(c.Conns + 64); err != nil {
		return nil, err
	}
	l = &load{conns: make([]conn, c.Conns)}
	for i := range l.conns {
		l.conns[i].fd = -1
	}
	if l.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return nil, err
	}
	if err := l.dialAll(addr); err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}

// dialAll makes them window by window.
func (l *load) dialAll(addr netip.AddrPort) error {
	for from := 0; from < len(l.conns); from += window {
		to := min(from+window, len(l.conns))
		for i := from; i < to; i++ {
			if err := l.dial(i, addr); err != nil {
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
	if err := unix.SetNonblock(fd, true); err != nil {
		return err
	}
	return unix.EpollCtl(l.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(i)})
}

func (l *load) close() {
	for _, c := range l.conns {
		if c.fd >= 0 {
			unix.Close(c.fd)
		}
	}
	unix.Close(l.epoll)
}

// run sends n requests and receives the replies, spread over all connections.
func (l *load) run(n int) (r LoadReport, err error) {
	cpu := proc.CPU()
	r.Wall, err = l.exchange(0, len(l.conns), n)
	r.CPU = proc.CPU() - cpu
	r.Requests = l.did
	r.P50, r.P99, r.P999 = l.hist.quantile(0.5), l.hist.quantile(0.99), l.hist.quantile(0.999)
	return r, err
}

// exchange sends n requests on the connections from..to, and receives the replies.
func (l *load) exchange(from, to, n int) (time.Duration, error) {
	l.toSend, l.flying, l.did = n, 0, 0
	l.hist = histogram{}
	begin := time.Now()
	for i := from; i < to && l.toSend > 0; i++ {
		if err := l.send(i, time.Since(begin)); err != nil {
			return 0, err
		}
	}
	events := make([]unix.EpollEvent, 512)
	for l.flying > 0 {
		ready, err := l.wait(events)
		if err != nil {
			return 0, err
		}
		for _, e := range events[:ready] {
			if err := l.receive(int(e.Fd), begin); err != nil {
				return 0, fmt.Errorf("connection %d: %w", e.Fd, err)
			}
		}
	}
	return time.Since(begin), nil
}

// replyTimeout is how long the load waits for a reply on any connection. It only ends a run that hangs.
const replyTimeout = 60 * time.Second

// wait polls without blocking first: only the call that may block informs Go's scheduler.
func (l *load) wait(events []unix.EpollEvent) (int, error) {
	ready, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(l.epoll),
		uintptr(unsafe.Pointer(&events[0])), uintptr(len(events)), 0, 0, 0)
	if errno != 0 && errno != unix.EINTR {
		return 0, errno
	}
	if errno == 0 && ready > 0 {
		return int(ready), nil
	}
	n, err := unix.EpollWait(l.epoll, events, int(replyTimeout/time.Millisecond))
	if err == unix.EINTR {
		return 0, nil
	}
	if err == nil && n == 0 {
		err = fmt.Errorf("no reply for %v, with %d requests in flight", replyTimeout, l.flying)
	}
	return n, err
}

// send sends the next request of a connection: bytes that no other request has.
func (l *load) send(i int, now time.Duration) error {
	c := &l.conns[i]
	c.seq++
	for at := 0; at < MessageSize; at += 8 {
		binary.LittleEndian.PutUint64(c.msg[at:], (uint64(i)<<40|c.seq<<8|uint64(at))*0x9e3779b97f4a7c15)
	}
	c.sent, c.got = now, 0
	n, _, errno := unix.RawSyscall(unix.SYS_WRITE, uintptr(c.fd), uintptr(unsafe.Pointer(&c.msg[0])), MessageSize)
	if errno != 0 {
		return fmt.Errorf("connection %d: write: %w", i, errno)
	}
	if n != MessageSize {
		return fmt.Errorf("connection %d: %d of %d bytes were written to an empty socket", i, n, MessageSize)
	}
	l.toSend--
	l.flying++
	return nil
}

// receive reads the bytes that have come, and when the reply is complete, compares it and sends the next request.
func (l *load) receive(i int, begin time.Time) error {
	c := &l.conns[i]
	if c.got == MessageSize {
		return errors.New("the server sent bytes without a request")
	}
	n, _, errno := unix.RawSyscall(unix.SYS_READ, uintptr(c.fd),
		uintptr(unsafe.Pointer(&c.in[c.got])), uintptr(MessageSize-c.got))
	switch {
	case errno == unix.EAGAIN, errno == unix.EINTR:
		return nil
	case errno != 0:
		return fmt.Errorf("read: %w", errno)
	case n == 0:
		return io.ErrUnexpectedEOF
	}
	if c.got += int(n); c.got < MessageSize {
		return nil
	}
	if c.in != c.msg {
		return wrongByte(c)
	}
	now := time.Since(begin)
	l.hist.add(now - c.sent)
	l.flying--
	l.did++
	if l.toSend == 0 {
		return nil
	}
	return l.send(i, now)
}

func wrongByte(c *conn) error {
	at := 0
	for c.in[at] == c.msg[at] {
		at++
	}
	return fmt.Errorf("byte %d of request %d came back as %#x, not %#x", at, c.seq, c.in[at], c.msg[at])
}
