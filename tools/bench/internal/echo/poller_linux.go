package echo

import (
	"fmt"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A poller is a network with an epoll and two system calls a request: for connecting, and where there is no ring.
type poller struct {
	epoll    int
	fds      []int
	events   []unix.EpollEvent
	in       [][slotSize]byte
	arrivals []arrival
}

func newPoller() (*poller, error) {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	const events = 512
	return &poller{epoll: epoll, events: make([]unix.EpollEvent, events), in: make([][slotSize]byte, events)}, nil
}

// add adds the next connection.
func (p *poller) add(fd int) error {
	p.fds = append(p.fds, fd)
	return unix.EpollCtl(p.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(len(p.fds) - 1)})
}

func (p *poller) send(i int, msg *[MessageSize]byte) error {
	n, _, errno := unix.RawSyscall(unix.SYS_WRITE, uintptr(p.fds[i]), uintptr(unsafe.Pointer(msg)), MessageSize)
	if errno != 0 {
		return fmt.Errorf("write: %w", errno)
	}
	if n != MessageSize {
		return fmt.Errorf("%d of %d bytes were written to an empty socket", n, MessageSize)
	}
	return nil
}

func (p *poller) wait(int) ([]arrival, error) {
	ready, err := p.ready()
	if err != nil {
		return nil, err
	}
	p.arrivals = p.arrivals[:0]
	for at, e := range p.events[:ready] {
		in := &p.in[at]
		n, _, errno := unix.RawSyscall(unix.SYS_READ, uintptr(p.fds[e.Fd]), uintptr(unsafe.Pointer(in)), uintptr(len(in)))
		switch errno {
		case 0:
			p.arrivals = append(p.arrivals, arrival{int(e.Fd), in[:n]})
		case unix.EAGAIN, unix.EINTR:
		default:
			return nil, fmt.Errorf("connection %d: read: %w", e.Fd, errno)
		}
	}
	return p.arrivals, nil
}

// ready polls without blocking first: only the call that may block informs Go's scheduler.
func (p *poller) ready() (int, error) {
	ready, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(p.epoll),
		uintptr(unsafe.Pointer(&p.events[0])), uintptr(len(p.events)), 0, 0, 0)
	if errno != 0 && errno != unix.EINTR {
		return 0, errno
	}
	if errno == 0 && ready > 0 {
		return int(ready), nil
	}
	n, err := unix.EpollWait(p.epoll, p.events, int(replyTimeout/time.Millisecond))
	if err == unix.EINTR {
		return 0, nil
	}
	if err == nil && n == 0 {
		err = errNoReply
	}
	return n, err
}

func (p *poller) close() { unix.Close(p.epoll) }
