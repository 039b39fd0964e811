// Package unix has Unix sockets for tasks: [Stream] with its [Listener] and [Dial], [Seqpacket] with its
// [SeqpacketListener] and [DialSeqpacket], and [Datagram].
//
// # Two styles
//
// Whatever may wait exists twice, as in package tcp. In direct style it takes a *coro.Co and suspends
// the body until it is done:
//
//	n, err := s.Read(co, buf)
//
// In poll style it takes the context of a poll and never waits:
//
//	n, ready, err := s.PollRead(cx, buf)
//
// If ready is false, the operation is pending: nothing was done, the other results are zero, and
// cx.Waker() is woken when it should be polled again. A future that is dropped while it waits, and
// does not close the socket, calls Unwait.
//
// # Names
//
// A name is a path in the file system, or on Linux, if it begins with @ (or a NUL), one of the system's
// abstract names. Listeners remove their path when they are closed, as in package net; datagram sockets do
// not.
//
// Names are exact in both directions. An abstract name is all of its bytes, NULs inside and at its end
// included: C programs often bind names of full length that are padded with NULs. A path has up to 108
// bytes on Linux, and 103 on the BSDs and Darwin. A path that begins with @ is written ./@path, and that
// is also how such a peer is reported. What cannot be a name is refused before any system call, with an
// error that is a *net.AddrError and syscall.EINVAL.
//
// # Messages
//
// A Seqpacket and a Datagram keep the borders of messages. What a buffer has no room for is lost, and
// the read says so: it fails with io.ErrShortBuffer, and what it returns is good all the same. An empty
// message is 0 bytes without an error on a Datagram. A Seqpacket sends none, since its peer could not
// tell it from the end.
//
// # Descriptors
//
// ReadMsg and WriteMsg pass descriptors along with bytes. WriteMsg leaves the sender's open. Those that
// ReadMsg returns are the caller's to close; they are close-on-exec. Descriptors that a read has no
// room for, or no use, are closed. They share their file's status with the sender's, O_NONBLOCK included.
//
// # Windows
//
// Windows 10 and later have a [Stream], a [Listener] and [Dial], with paths, and neither pairs, nor descriptors,
// nor messages. What is missing fails with an error that is errors.ErrUnsupported.
//
// # Goroutines
//
// All methods may be called from any goroutine, those that wait from any task, of any worker. Any
// number of tasks may use a socket at a time. A Write of more than a Stream has room for is done in
// pieces, between which another task's Write may come.
//
// A socket belongs to no runtime. A connection is registered with the worker of the task that accepted
// or dialed it, all else with that of the first task that has to wait; there they stay, and wake
// tasks wherever these are. If that runtime ends, the next one to wait takes the socket over. A listener
// closes when the runtime whose task has accepted last drains.
//
// # Errors
//
// Errors are those of package net, in a *net.OpError: net.ErrClosed after Close, which also ends what
// is waiting; os.ErrDeadlineExceeded after a deadline of the socket. A wait that is cut short because
// its task is cancelled returns what [coro.Await] does, inside the OpError. The end of a stream is
// io.EOF, bare.
//
// # Sockets must be closed
//
// There is no finalizer: a socket that is dropped without Close keeps its descriptor. In direct style that
// is a defer, and a body that gets it from another task takes it over with executor.GoOwning; in poll
// style a future that owns it closes it in Drop.
package unix
