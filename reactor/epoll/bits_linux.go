package epoll

import (
	"github.com/moduvex/moduvex-go/reactor"
	"golang.org/x/sys/unix"
)

// toEpoll converts an Interest and a Mode to the bits that epoll_ctl takes.
func toEpoll(interest reactor.Interest, mode reactor.Mode) uint32 {
	var bits uint32 // the kernel adds EPOLLERR and EPOLLHUP itself
	if interest&reactor.Readable != 0 {
		bits |= unix.EPOLLIN | unix.EPOLLRDHUP
	}
	if interest&reactor.Writable != 0 {
		bits |= unix.EPOLLOUT
	}
	if interest&reactor.Priority != 0 {
		bits |= unix.EPOLLPRI
	}
	switch mode {
	case reactor.Edge:
		bits |= unix.EPOLLET
	case reactor.OneShot:
		bits |= unix.EPOLLONESHOT
	}
	return bits
}

// fromEpoll converts the bits of a kernel event.
func fromEpoll(bits uint32) reactor.Readiness {
	var ready reactor.Readiness
	if bits&unix.EPOLLIN != 0 {
		ready |= reactor.ReadReady
	}
	if bits&unix.EPOLLOUT != 0 {
		ready |= reactor.WriteReady
	}
	if bits&unix.EPOLLPRI != 0 {
		ready |= reactor.PriorityReady
	}
	if bits&unix.EPOLLRDHUP != 0 {
		ready |= reactor.ReadClosed
	}
	if bits&unix.EPOLLHUP != 0 {
		ready |= reactor.ReadClosed | reactor.WriteClosed
	}
	if bits&unix.EPOLLERR != 0 {
		ready |= reactor.ErrorReady
	}
	return ready
}

// setKey and getKey store the Key in the kernel's 64 bits of user data, which x/sys declares as two int32 fields. On
// every architecture these two fields are all 64 bits, so their order does not matter.
func setKey(ev *unix.EpollEvent, key reactor.Key) {
	ev.Fd = int32(uint32(key))
	ev.Pad = int32(uint32(key >> 32))
}

func getKey(ev *unix.EpollEvent) reactor.Key {
	return reactor.Key(uint32(ev.Pad))<<32 | reactor.Key(uint32(ev.Fd))
}
