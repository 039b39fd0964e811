package echo

import (
	"errors"
	"fmt"
	"math/bits"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	// maxQueued is how many submissions are made together. The server waits for them, so there are not many.
	maxQueued = 64
	// A slot is larger than a reply, so that bytes without a request are seen with it.
	slotSize = 2 * MessageSize
	maxSlots = 1 << 15 // the kernel's limit
	// isSend in user says that the submission was a send.
	isSend = 1 << 63
)

// A ring is a network with io_uring. Each connection has one receive that goes on for as long as the connection, into slots
// that the kernel takes from a ring of their own; sends are submitted many at a time, and only those that fail complete. So a
// request costs the load no system call of its own. One thread uses it.
type ring struct {
	fd     int
	mapped [][]byte

	subs    []submission
	subTail *uint32 // ours to write; the kernel reads it
	tail    uint32  // what *subTail will be
	queued  int     // submissions that the kernel has not taken

	comps    []completion
	compHead *uint32 // ours to write; the kernel reads it
	compTail *uint32 // the kernel's to write

	slots    []slot
	slotData []byte
	slotTail uint16

	arrivals []arrival
	taken    []uint16 // the slots of arrivals
	waitArgs struct { // struct io_uring_getevents_arg
		_       [2]uint64
		timeout *unix.Timespec
	}
}

// newRing returns an error that wraps [errors.ErrUnsupported] if the kernel lacks such an io_uring, or forbids it.
func newRing(fds []int) (*ring, error) {
	n := uint32(1) << bits.Len32(uint32(max(len(fds), maxQueued)))
	p := ringParams{flags: setupCQSize | setupSubmitAll | setupSingleIssuer | setupDeferTaskrun, cqEntries: 2 * n}
	fd, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, maxQueued, uintptr(unsafe.Pointer(&p)), 0)
	switch errno {
	case 0:
	case unix.ENOSYS, unix.EPERM, unix.EACCES, unix.EINVAL:
		return nil, fmt.Errorf("io_uring: %w: %w", errors.ErrUnsupported, errno)
	default:
		return nil, fmt.Errorf("io_uring: %w", errno)
	}
	timeout := unix.NsecToTimespec(int64(replyTimeout))
	r := &ring{fd: int(fd)}
	r.waitArgs.timeout = &timeout
	if err := r.setUp(&p, fds, int(min(n, maxSlots))); err != nil {
		r.close()
		return nil, fmt.Errorf("io_uring: %w", err)
	}
	return r, nil
}

func (r *ring) setUp(p *ringParams, fds []int, slots int) error {
	size := max(p.sq.array+4*p.sqEntries, p.cq.cqes+p.cqEntries*uint32(unsafe.Sizeof(completion{})))
	shared, err := r.mmap(r.fd, offRing, int(size))
	if err != nil {
		return err
	}
	subs, err := r.mmap(r.fd, offSubmissions, int(p.sqEntries)*int(unsafe.Sizeof(submission{})))
	if err != nil {
		return err
	}
	word := func(at uint32) *uint32 { return (*uint32)(unsafe.Pointer(&shared[at])) }
	r.subs = unsafe.Slice((*submission)(unsafe.Pointer(&subs[0])), p.sqEntries)
	r.subTail = word(p.sq.tail)
	for i := range p.sqEntries { // the kernel takes submissions in the order in which they are in memory
		*word(p.sq.array + 4*i) = i
	}
	r.comps = unsafe.Slice((*completion)(unsafe.Pointer(&shared[p.cq.cqes])), p.cqEntries)
	r.compHead, r.compTail = word(p.cq.head), word(p.cq.tail)
	if err := r.addSlots(slots); err != nil {
		return err
	}
	return r.addFiles(fds)
}

func (r *ring) mmap(fd int, offset int64, size int) ([]byte, error) {
	flags := unix.MAP_SHARED | unix.MAP_POPULATE
	if fd < 0 {
		flags = unix.MAP_PRIVATE | unix.MAP_ANONYMOUS
	}
	mem, err := unix.Mmap(fd, offset, size, unix.PROT_READ|unix.PROT_WRITE, flags)
	if err != nil {
		return nil, fmt.Errorf("memory: %w", err)
	}
	r.mapped = append(r.mapped, mem)
	return mem, nil
}

// addSlots makes n slots, a power of two.
func (r *ring) addSlots(n int) error {
	mem, err := r.mmap(-1, 0, n*(int(unsafe.Sizeof(slot{}))+slotSize))
	if err != nil {
		return err
	}
	r.slots = unsafe.Slice((*slot)(unsafe.Pointer(&mem[0])), n)
	r.slotData = mem[n*int(unsafe.Sizeof(slot{})):]
	reg := slotRing{addr: uint64(uintptr(unsafe.Pointer(&mem[0]))), entries: uint32(n)}
	if err := r.register(registerSlots, unsafe.Pointer(&reg), 1); err != nil {
		return fmt.Errorf("slots: %w", err)
	}
	for i := range n {
		r.giveSlot(uint16(i))
	}
	return nil
}

// addFiles makes the connections known to the ring, and begins to receive on them.
func (r *ring) addFiles(fds []int) error {
	files := make([]int32, len(fds))
	for i, fd := range fds {
		files[i] = int32(fd)
	}
	if err := r.register(registerFiles, unsafe.Pointer(&files[0]), len(files)); err != nil {
		return fmt.Errorf("files: %w", err)
	}
	for i := range fds {
		if err := r.receive(i); err != nil {
			return err
		}
	}
	return nil
}

func (r *ring) register(what uintptr, arg unsafe.Pointer, n int) error {
	_, _, errno := unix.Syscall6(unix.SYS_IO_URING_REGISTER, uintptr(r.fd), what, uintptr(arg), uintptr(n), 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// giveSlot lets the kernel have a slot.
func (r *ring) giveSlot(id uint16) {
	s := &r.slots[int(r.slotTail)&(len(r.slots)-1)]
	s.addr, s.len, s.id = uint64(uintptr(unsafe.Pointer(&r.slotData[int(id)*slotSize]))), slotSize, id
	r.slotTail++
	// The kernel reads the tail of the ring when it looks for a slot: in this thread, in a system call.
	r.slots[0].tail = r.slotTail
}

// receive queues the receive of connection i.
func (r *ring) receive(i int) error {
	s, err := r.queue()
	if err != nil {
		return err
	}
	*s = submission{op: opRecv, flags: fixedFile | bufferSelect, ioprio: recvMultishot, fd: int32(i), user: uint64(i)}
	return nil
}

func (r *ring) send(i int, msg *[MessageSize]byte) error {
	s, err := r.queue()
	if err != nil {
		return err
	}
	*s = submission{op: opSend, flags: fixedFile | skipSuccess, fd: int32(i), addr: uint64(uintptr(unsafe.Pointer(msg))),
		len: MessageSize, msgFlags: unix.MSG_WAITALL | unix.MSG_NOSIGNAL, user: uint64(i) | isSend}
	return nil
}

// queue returns the next submission.
func (r *ring) queue() (*submission, error) {
	for r.queued == maxQueued {
		if err := r.submit(); err != nil {
			return nil, err
		}
	}
	s := &r.subs[r.tail&uint32(len(r.subs)-1)]
	r.tail++
	r.queued++
	return s, nil
}

// submit submits what is queued, and lets the kernel do what it has to. It does not block, so it does not inform Go's
// scheduler.
func (r *ring) submit() error {
	atomic.StoreUint32(r.subTail, r.tail)
	n, _, errno := unix.RawSyscall6(unix.SYS_IO_URING_ENTER, uintptr(r.fd), uintptr(r.queued), 0, enterGetEvents, 0, 0)
	if errno == unix.EINTR {
		return nil
	}
	if errno != 0 {
		return fmt.Errorf("io_uring: %w", errno)
	}
	r.queued -= int(n)
	return nil
}

// block waits for so many completions.
func (r *ring) block(atLeast int) error {
	_, _, errno := unix.Syscall6(unix.SYS_IO_URING_ENTER, uintptr(r.fd), 0, uintptr(atLeast), enterGetEvents|enterExtArg,
		uintptr(unsafe.Pointer(&r.waitArgs)), unsafe.Sizeof(r.waitArgs))
	switch errno {
	case 0, unix.EINTR:
		return nil
	case unix.ETIME:
		return errNoReply
	}
	return fmt.Errorf("io_uring: %w", errno)
}

func (r *ring) wait(atLeast int) ([]arrival, error) {
	for _, id := range r.taken {
		r.giveSlot(id)
	}
	r.taken, r.arrivals = r.taken[:0], r.arrivals[:0]
	if err := r.submit(); err != nil {
		return nil, err
	}
	if ready := atomic.LoadUint32(r.compTail) - *r.compHead; r.queued == 0 && ready < uint32(atLeast) {
		if err := r.block(atLeast); err != nil {
			return nil, err
		}
	}
	for head, tail := *r.compHead, atomic.LoadUint32(r.compTail); head != tail; head++ {
		err := r.complete(r.comps[head&uint32(len(r.comps)-1)])
		atomic.StoreUint32(r.compHead, head+1)
		if err != nil {
			return nil, err
		}
	}
	return r.arrivals, nil
}

func (r *ring) complete(c completion) error {
	i := int(c.user &^ isSend)
	if c.user&isSend != 0 {
		return fmt.Errorf("connection %d: send: %w", i, unix.Errno(-c.res))
	}
	if c.res < 0 && unix.Errno(-c.res) != unix.ENOBUFS { // which says that there was no slot
		return fmt.Errorf("connection %d: receive: %w", i, unix.Errno(-c.res))
	}
	if c.flags&hasSlot != 0 {
		id := uint16(c.flags >> slotAt)
		r.taken = append(r.taken, id)
		r.arrivals = append(r.arrivals, arrival{i, r.slotData[int(id)*slotSize:][:max(c.res, 0)]})
	} else if c.res == 0 {
		r.arrivals = append(r.arrivals, arrival{i, nil})
	}
	if c.flags&goesOn == 0 && c.res != 0 {
		return r.receive(i)
	}
	return nil
}

// close leaves it to the kernel to end the receives.
func (r *ring) close() {
	unix.Close(r.fd)
	for _, m := range r.mapped {
		unix.Munmap(m)
	}
}
