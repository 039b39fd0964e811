package echo

// What is needed of linux/io_uring.h, with its names in comments where ours do not say it.
const (
	setupCQSize       = 1 << 3
	setupSubmitAll    = 1 << 7
	setupSingleIssuer = 1 << 12
	setupDeferTaskrun = 1 << 13

	offRing        = 0          // IORING_OFF_SQ_RING, which has both rings
	offSubmissions = 0x10000000 // IORING_OFF_SQES

	enterGetEvents = 1 << 0
	enterExtArg    = 1 << 3

	registerFiles = 2
	registerSlots = 22 // IORING_REGISTER_PBUF_RING

	opSend = 26
	opRecv = 27

	fixedFile    = 1 << 0 // IOSQE_FIXED_FILE
	bufferSelect = 1 << 5 // IOSQE_BUFFER_SELECT
	skipSuccess  = 1 << 6 // IOSQE_CQE_SKIP_SUCCESS

	recvMultishot = 1 << 1

	hasSlot = 1 << 0 // IORING_CQE_F_BUFFER
	goesOn  = 1 << 1 // IORING_CQE_F_MORE
	slotAt  = 16     // IORING_CQE_BUFFER_SHIFT
)

// ringParams is struct io_uring_params.
type ringParams struct {
	sqEntries, cqEntries, flags uint32
	_                           [7]uint32
	sq                          struct {
		head, tail, mask, entries, flags, dropped, array, _ uint32
		_                                                   uint64
	}
	cq struct {
		head, tail, mask, entries, overflow, cqes, flags, _ uint32
		_                                                   uint64
	}
}

// A submission is struct io_uring_sqe.
type submission struct {
	op, flags uint8
	ioprio    uint16
	fd        int32
	_         uint64
	addr      uint64
	len       uint32
	msgFlags  uint32
	user      uint64
	_         [3]uint64
}

// A completion is struct io_uring_cqe.
type completion struct {
	user  uint64
	res   int32
	flags uint32
}

// A slot is struct io_uring_buf. In the first of a ring, tail is the ring's.
type slot struct {
	addr uint64
	len  uint32
	id   uint16
	tail uint16
}

// slotRing is struct io_uring_buf_reg.
type slotRing struct {
	addr    uint64
	entries uint32
	_       uint32
	_       [3]uint64
}
