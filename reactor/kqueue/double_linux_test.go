package kqueue

import (
	"errors"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// double is a double of a kernel's kqueue over epoll: queues, knotes and the conditions that make them active, as the
// manuals of the systems describe them. Each queue is an epoll instance per filter, and one above them for the waits.
//
// Parameters select the differences between kernels. capped is darwin's: it caps a low-water mark at the size of the
// buffer, so that a guard reports a full buffer.
//
// The double does not know of the end that a socket's own shutdown makes, nor which error is pending. A test that needs
// these reports them with Faults.Report.
type double struct {
	capped bool

	mu     sync.Mutex
	queues map[int]*queue
}

type queue struct {
	mu    sync.Mutex
	top   int
	subs  [filters]int // epoll instances
	user  int          // an eventfd
	notes map[noteID]*note
	gen   int32
	first int // the filter that is checked first: round-robin, so that none starves the others

	// The memory of the waiting call: the suite counts allocations.
	got  [1024]unix.EpollEvent
	poll [1]unix.PollFd
	word [8]byte
}

var eventfdOne = [8]byte{1}

type noteID struct {
	ident  int
	filter int
}

type note struct {
	ev       kevent
	gen      int32
	disabled bool
	active   bool // EVFILT_USER
}

// The double's constants besides evAdd and the like; the numbers are freebsd's and darwin's.
const (
	doubleUser   = -11
	doubleExcept = -15
	doubleOOB    = 2
	evDisable    = 0x8
)

func (d *double) Pipe() (rd, wr int, err error) {
	var fds [2]int
	err = unix.Pipe2(fds[:], unix.O_NONBLOCK|unix.O_CLOEXEC)
	return fds[0], fds[1], err
}

func (d *double) Kqueue() (int, error) {
	q := &queue{notes: make(map[noteID]*note)}
	var err error
	open := func() int {
		fd, e := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
		err = errors.Join(err, e)
		return fd
	}
	q.top = open()
	for f := range q.subs {
		q.subs[f] = open()
	}
	q.user, _ = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	for _, fd := range append(q.subs[:], q.user) {
		err = errors.Join(err, unix.EpollCtl(q.top, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN}))
	}
	d.mu.Lock()
	d.queues[q.top] = q
	d.mu.Unlock()
	return q.top, err
}

func (d *double) Close(fd int) error {
	d.mu.Lock()
	q := d.queues[fd]
	delete(d.queues, fd)
	d.mu.Unlock()
	if q != nil {
		for _, fd := range append(q.subs[:], q.user) {
			unix.Close(fd)
		}
	}
	return unix.Close(fd)
}

func (d *double) Kevent(kq int, changes, events []kevent, timeout time.Duration) (int, error) {
	d.mu.Lock()
	q := d.queues[kq]
	d.mu.Unlock()
	if q == nil {
		return 0, unix.EBADF
	}
	n := 0
	for i := range changes {
		q.mu.Lock()
		errno := d.change(q, &changes[i])
		q.mu.Unlock()
		if errno == 0 && int(changes[i].flags)&evReceipt == 0 {
			continue
		}
		if n == len(events) {
			if errno != 0 {
				return 0, errno
			}
			continue
		}
		events[n] = changes[i]
		events[n].flags = evError
		events[n].data = int64(errno)
		n++
	}
	if n > 0 || len(events) == 0 {
		return n, nil
	}
	for start := time.Now(); ; {
		q.mu.Lock()
		n := d.collect(q, events)
		q.mu.Unlock()
		if n > 0 || timeout == 0 {
			return n, nil
		}
		var ts *unix.Timespec
		if timeout > 0 {
			left := timeout - time.Since(start)
			if left <= 0 {
				return 0, nil
			}
			t := unix.NsecToTimespec(int64(left))
			ts = &t
		}
		q.poll[0] = unix.PollFd{Fd: int32(q.top), Events: unix.POLLIN}
		if _, err := unix.Ppoll(q.poll[:], ts, nil); err != nil {
			return 0, err
		}
	}
}

// change makes one change, with q locked.
func (d *double) change(q *queue, c *kevent) unix.Errno {
	id := noteID{int(c.ident), int(c.filter)}
	f := doubleFilter(id.filter)
	if f != filters {
		if _, err := unix.FcntlInt(uintptr(id.ident), unix.F_GETFD, 0); err != nil {
			for f := range filters {
				delete(q.notes, noteID{id.ident, doubleNumber(f)}) // the kernel does so at the close
			}
			return unix.EBADF
		}
	} else if id.filter != doubleUser {
		return unix.EINVAL
	}
	n := q.notes[id]
	flags := int(c.flags)
	if n == nil && flags&evAdd == 0 {
		return unix.ENOENT
	}
	if flags&evDelete != 0 {
		if f != filters {
			unix.EpollCtl(q.subs[f], unix.EPOLL_CTL_DEL, id.ident, &unix.EpollEvent{})
		}
		delete(q.notes, id)
		return 0
	}
	fresh := n == nil
	if fresh {
		q.gen++
		n = &note{ev: *c, gen: q.gen}
		n.ev.flags &= evClear | evOneShot | evDispatch // they stay
	}
	if flags&evAdd != 0 {
		n.ev.fflags, n.ev.data, n.ev.udata = c.fflags, c.data, c.udata
	}
	if flags&evEnable != 0 {
		n.disabled = false
	}
	if flags&evDisable != 0 {
		n.disabled = true
	}
	if f == filters {
		if c.fflags&noteTrigger != 0 {
			n.active = true
			unix.Write(q.user, eventfdOne[:])
		}
	} else if errno := d.arm(q, f, n); errno != 0 {
		return errno
	}
	q.notes[id] = n
	return 0
}

// arm adds n's descriptor to the epoll instance of f, or removes it.
func (d *double) arm(q *queue, f filter, n *note) unix.Errno {
	fd := int(n.ev.ident)
	if n.disabled { // epoll cannot mask the hang-up of an added descriptor
		unix.EpollCtl(q.subs[f], unix.EPOLL_CTL_DEL, fd, &unix.EpollEvent{})
		return 0
	}
	ev := unix.EpollEvent{Fd: int32(fd), Pad: n.gen}
	quiet := f != except && n.ev.fflags&noteLowat != 0 && !d.capped
	switch {
	case f == read && quiet:
		ev.Events = unix.EPOLLRDHUP
	case f == read:
		ev.Events = unix.EPOLLIN | unix.EPOLLRDHUP
	case f == write && !quiet:
		ev.Events = unix.EPOLLOUT
	case f == except:
		ev.Events = unix.EPOLLPRI
	}
	if n.ev.flags&evClear != 0 {
		ev.Events |= unix.EPOLLET
	}
	err := unix.EpollCtl(q.subs[f], unix.EPOLL_CTL_MOD, fd, &ev)
	if err == unix.ENOENT {
		err = unix.EpollCtl(q.subs[f], unix.EPOLL_CTL_ADD, fd, &ev)
	}
	if err != nil {
		return err.(unix.Errno)
	}
	return 0
}

// collect fills events, with q locked.
func (d *double) collect(q *queue, events []kevent) int {
	n := 0
	if u := q.notes[noteID{notifierIdent, doubleUser}]; u != nil && u.active && !u.disabled && len(events) > 0 {
		unix.Read(q.user, q.word[:])
		u.active = false // evClear
		events[n] = u.ev
		n++
	}
	q.first++
	for i := range int(filters) {
		f := filter((q.first + i) % int(filters))
		got := q.got[:min(len(events)-n, len(q.got))]
		if len(got) == 0 {
			break
		}
		m, _ := unix.EpollWait(q.subs[f], got, 0)
		for _, e := range got[:max(m, 0)] {
			id := noteID{int(e.Fd), doubleNumber(f)}
			k := q.notes[id]
			if k == nil || k.gen != e.Pad || k.disabled {
				continue
			}
			ev, ok := d.activate(f, k, e.Events)
			if !ok {
				if f == except { // a hang-up, which this filter does not report and epoll cannot mask
					unix.EpollCtl(q.subs[f], unix.EPOLL_CTL_DEL, id.ident, &unix.EpollEvent{})
				}
				continue
			}
			events[n] = ev
			n++
			switch {
			case k.ev.flags&evOneShot != 0:
				unix.EpollCtl(q.subs[f], unix.EPOLL_CTL_DEL, id.ident, &unix.EpollEvent{})
				delete(q.notes, id)
			case k.ev.flags&evDispatch != 0:
				k.disabled = true
				d.arm(q, f, k)
			}
		}
	}
	return n
}

// activate returns the event of k, if there is one: a kernel checks the condition again before it reports.
func (d *double) activate(f filter, k *note, bits uint32) (kevent, bool) {
	ev := k.ev
	fd := int(ev.ident)
	ev.fflags, ev.data = 0, 0
	kind, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE)
	socket, datagram := err == nil, kind == unix.SOCK_DGRAM
	failed := bits&unix.EPOLLERR != 0
	eof := !datagram && (failed || bits&unix.EPOLLHUP != 0)
	switch f {
	case read:
		eof = eof || bits&unix.EPOLLRDHUP != 0
		ev.data = pendingBytes(fd)
		guard := k.ev.fflags&noteLowat != 0
		if !eof && !failed && (guard && ev.data == 0 || bits&unix.EPOLLIN == 0) {
			return ev, false
		}
	case write:
		if !eof && !failed && bits&unix.EPOLLOUT == 0 {
			return ev, false
		}
		ev.data = 4096
	case except:
		ev.fflags = doubleOOB
		return ev, bits&unix.EPOLLPRI != 0
	}
	if eof {
		ev.flags |= evEOF
		if failed && socket {
			ev.fflags = uint32(unix.EIO) // any error; reading the real one would clear it
		}
	}
	return ev, true
}

func pendingBytes(fd int) int64 {
	if accepting, _ := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ACCEPTCONN); accepting != 0 {
		return 1 // connections
	}
	n, _ := unix.IoctlGetInt(fd, unix.TIOCINQ)
	return int64(n)
}

func doubleFilter(number int) filter {
	switch number {
	case filterRead:
		return read
	case filterWrite:
		return write
	case doubleExcept:
		return except
	}
	return filters
}

func doubleNumber(f filter) int {
	return [...]int{read: filterRead, write: filterWrite, except: doubleExcept}[f]
}
