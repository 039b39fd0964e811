// Package unix provides Unix sockets for tasks: [Stream] with its [Listener] and [Dial] for bytes, [Seqpacket] with
// its [SeqpacketListener] and [DialSeqpacket] for messages over a connection, and [Datagram] for messages without
// one.
//
//	l, err := unix.Listen("/run/service.sock")
//	...
//	s, err := l.Accept(co)
//
// Both styles, errors, deadlines, use by several tasks and Close work as the documentation of
// [github.com/moduvex/moduvex-go/executor/net] says. A connection is registered with the worker of the task that
// accepted or dialed it. A zero socket of any kind is closed; a zero [ListenConfig] is ready for use.
//
// # Names
//
// A name is a path in the file system, or, on Linux, an abstract name of the system if it begins with @ or a NUL. A
// listener removes its path when it is closed, as in package net; a datagram socket does not.
//
// Names are exact in both directions. An abstract name consists of all of its bytes, including NULs inside and at its
// end: C programs often bind names of full length that are padded with NULs. A path has up to 108 bytes on Linux, and
// 103 on the BSDs and Darwin. A path that begins with @ is written ./@path, and such a peer is reported so, too. A
// name that is invalid is refused before any system call, with an error that is a *net.AddrError and syscall.EINVAL.
//
// # Messages
//
// A Seqpacket and a Datagram keep the boundaries of messages. Bytes that do not fit into the buffer are discarded:
// the read then returns io.ErrShortBuffer together with the other results, which are valid. An empty message is 0
// bytes without an error on a Datagram. A Seqpacket sends no empty message, since its peer could not distinguish it
// from the end.
//
// # Descriptors
//
// ReadMsg and WriteMsg pass descriptors together with bytes. WriteMsg leaves the descriptors of the sender open. The
// caller of ReadMsg closes those that it returns; they are close-on-exec. Reads close descriptors that they have no
// room or no use for. A descriptor shares the status of its file with that of the sender, including O_NONBLOCK.
//
// # Windows
//
// Windows 10 and later have [Stream], [Listener] and [Dial], with paths. They have no pairs, descriptors or messages;
// these operations fail with an error that is errors.ErrUnsupported.
package unix
