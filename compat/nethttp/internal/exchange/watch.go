package exchange

import (
	"net/http"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/reactor"
)

// A watch notices that the peer disconnects while the handler runs. It is a part of a [requestContext], under its lock.
//
// A connection has a watch if a handler asks when its context ends, once the body of the request was read: from then on the
// next byte belongs to a further request, or there is none. The watch is a read of one byte in poll style, whose waker is the
// watch itself. It needs no task and no goroutine, and no system call as long as nothing comes: the reactor knows that the
// connection was empty.
//
//	idle ----asked and the body is read----> reading ----the read has failed----> the context ends
//	   \                                        |  \-----a byte--------------> it is the first one for the source
//	    \---------the request ends--------------+----> settled
//
// Wake may come late, from an earlier wait of the same request: it finds the watch settled, or it polls the read once more.
type watch struct {
	co     *coro.Co
	rt     *executor.Runtime
	server *http.Server

	socket  Poller // nil before the body of the request was read, or if there is none
	reading bool   // the waker is with the socket
	settled bool
	hasByte bool
	early   [1]byte
}

// watcher is a requestContext as the waker of its read.
type watcher requestContext

// Wake implements core.Waker.
func (w *watcher) Wake() {
	c := (*requestContext)(w)
	c.mu.Lock()
	var end ending
	if c.watch.reading {
		end = c.poll()
	}
	c.mu.Unlock()
	end.run()
}

// allow is called when the body of the request was read.
func (c *requestContext) allow() {
	c.mu.Lock()
	c.watch.socket = c.conn.Poller()
	var end ending
	if c.inner != nil || c.notify != nil {
		end = c.watchFor()
	}
	c.mu.Unlock()
	end.run()
}

// watchFor begins to read if that is possible.
func (c *requestContext) watchFor() ending {
	w := &c.watch
	if w.socket == nil || w.reading || w.settled || w.hasByte || c.gone || c.ended {
		return ending{}
	}
	return c.poll()
}

// poll polls the read. It may be called on any goroutine, so it uses the context of a Parker, which never parks.
//
// An operation that ends may wake a waiter that is left, at once. So the waker is not with the socket during PollRead: its
// Wake would wait for the lock that the caller holds.
func (c *requestContext) poll() ending {
	w := &c.watch
	if w.reading { // a wake that came late, or none that was for it
		w.reading = false
		w.socket.Unwait((*watcher)(c), reactor.Read)
	}
	p := w.rt.Parker(0)
	cx := p.Context()
	parked := cx.SwapWaker((*watcher)(c))
	n, ready, err := w.socket.PollRead(cx, w.early[:])
	cx.SwapWaker(parked)
	p.Release()
	switch {
	case !ready:
		w.reading = true
	case n > 0:
		w.hasByte = true
	case err != nil:
		return c.goneNow()
	}
	return ending{}
}

// settle ends the watch: the body reads again. A byte that the watch has read goes to the source.
func (c *requestContext) settle() {
	c.mu.Lock()
	w := &c.watch
	w.settled = true
	if w.reading {
		w.reading = false
		w.socket.Unwait((*watcher)(c), reactor.Read)
	}
	in := &c.e.s.in
	if w.hasByte {
		in.hasByte, in.early[0] = true, w.early[0]
	}
	if c.gone {
		in.s.link.gone = true
	}
	c.mu.Unlock()
}
