package echo

import (
	"fmt"
	"io"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// serveRaw is an echo server that does nothing but echo: one goroutine, one epoll, level-triggered, one
// buffer. It is as good as a server in Go can be, and so the limit for one that does more.
func serveRaw(in io.Reader, out io.Writer) error {
	listener, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("echo: socket: %w", err)
	}
	l := &rawLoop{listener: listener, conns: map[int]bool{}}
	defer l.close()
	if err := unix.Bind(listener, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return fmt.Errorf("echo: bind: %w", err)
	}
	if err := unix.Listen(listener, 4096); err != nil {
		return fmt.Errorf("echo: listen: %w", err)
	}
	name, err := unix.Getsockname(listener)
	if err != nil {
		return fmt.Errorf("echo: getsockname: %w", err)
	}
	if l.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return fmt.Errorf("echo: epoll: %w", err)
	}
	if l.stop, err = unix.Eventfd(0, unix.EFD_CLOEXEC); err != nil {
		return fmt.Errorf("echo: eventfd: %w", err)
	}
	for _, fd := range []int{listener, l.stop} {
		if err := unix.EpollCtl(l.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)}); err != nil {
			return fmt.Errorf("echo: epoll: %w", err)
		}
	}
	var running sync.WaitGroup
	running.Go(func() { err = l.run() })
	control := serveControl(fmt.Sprintf("127.0.0.1:%d", name.(*unix.SockaddrInet4).Port), in, out)
	if _, err := unix.Write(l.stop, []byte{1, 0, 0, 0, 0, 0, 0, 0}); err != nil {
		return fmt.Errorf("echo: stop: %w", err)
	}
	running.Wait()
	if err == nil {
		err = control
	}
	return err
}

type rawLoop struct {
	epoll, listener, stop int
	conns                 map[int]bool // those to close at the end
	buffer                [bufferSize]byte
}

// run serves until stop is readable.
func (l *rawLoop) run() error {
	events := make([]unix.EpollEvent, 512)
	last := 0 // how many there were last time
	for {
		n, errno := l.wait(events, last > 1)
		last = n
		if errno == unix.EINTR {
			continue
		}
		if errno != 0 {
			return fmt.Errorf("echo: epoll_wait: %w", errno)
		}
		for i := range n {
			switch fd := int(events[i].Fd); fd {
			case l.stop:
				return nil
			case l.listener:
				if err := l.accept(); err != nil {
					return err
				}
			default:
				if !l.turn(fd) {
					delete(l.conns, fd)
					unix.Close(fd)
				}
			}
		}
	}
}

// wait waits for events. A system call that may block goes by way of Go's scheduler: without that no
// garbage could be collected. Where many were ready there will be more, and then a look that cannot
// block, and costs less, comes first.
func (l *rawLoop) wait(events []unix.EpollEvent, look bool) (int, unix.Errno) {
	if look {
		n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(l.epoll),
			uintptr(unsafe.Pointer(&events[0])), uintptr(len(events)), 0, 0, 0)
		if n > 0 || errno != 0 {
			return int(n), errno
		}
	}
	n, _, errno := unix.Syscall6(unix.SYS_EPOLL_PWAIT, uintptr(l.epoll),
		uintptr(unsafe.Pointer(&events[0])), uintptr(len(events)), ^uintptr(0), 0, 0)
	return int(n), errno
}

func (l *rawLoop) accept() error {
	fd, _, err := unix.Accept4(l.listener, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
	switch err {
	case nil:
	case unix.EAGAIN, unix.EINTR, unix.ECONNABORTED:
		return nil
	default:
		return fmt.Errorf("echo: accept: %w", err)
	}
	l.conns[fd] = true
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
		return fmt.Errorf("echo: nodelay: %w", err)
	}
	return unix.EpollCtl(l.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)})
}

// turn sends back what has come in, and reports whether the connection goes on.
func (l *rawLoop) turn(fd int) bool {
	n, _, errno := unix.RawSyscall(unix.SYS_READ, uintptr(fd), uintptr(unsafe.Pointer(&l.buffer[0])), bufferSize)
	if errno != 0 || n == 0 {
		return errno == unix.EAGAIN || errno == unix.EINTR
	}
	for out := l.buffer[:n]; len(out) > 0; {
		n, _, errno := unix.RawSyscall(unix.SYS_WRITE, uintptr(fd), uintptr(unsafe.Pointer(&out[0])), uintptr(len(out)))
		switch errno {
		case 0:
			out = out[n:]
		case unix.EINTR:
		case unix.EAGAIN:
			// The socket takes more when the peer reads, which in a closed loop it does.
			unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}, -1)
		default:
			return false
		}
	}
	return true
}

func (l *rawLoop) close() {
	for fd := range l.conns {
		unix.Close(fd)
	}
	for _, fd := range []int{l.listener, l.epoll, l.stop} {
		if fd > 0 {
			unix.Close(fd)
		}
	}
}
