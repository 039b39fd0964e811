// Package udp provides UDP sockets for tasks: [Socket], with [Listen], [Bind], [Dial] and [Connect].
//
//	s, err := udp.Listen("udp", ":7000")
//	...
//	n, from, err := s.ReadFrom(co, buf)
//	_, err = s.WriteTo(co, buf[:n], from)
//
// # Three styles
//
// Operations exist in direct style and in poll style, as the documentation of
// [github.com/moduvex/moduvex-go/executor/net] says. A third form, Try, needs no task, so any goroutine can use it:
//
//	n, from, ok, err := s.TryReadFrom(buf)
//
// If ok is false, the operation would have to wait. A Try ignores deadlines and spends no budget.
//
// # Datagrams
//
// A read returns one datagram. Bytes that do not fit into the buffer are discarded: the read then returns
// io.ErrShortBuffer together with n and from, which are valid. An empty datagram is 0 bytes without an error; there
// is no end of a stream.
//
// [Socket.ReadBatch] and [Socket.WriteBatch] move up to 64 datagrams in one system call where the system can do that,
// and one by one on other systems.
//
// A write sends the whole datagram or nothing. Success does not mean that it arrives. On a connected socket, if no
// socket is bound at the other end, the next read or write fails with syscall.ECONNREFUSED, once; after that the
// socket works as before. Such an error concerns a datagram that was sent earlier; a write that returns it has not
// sent its own.
//
// # Addresses
//
// An address is a netip.AddrPort. Addresses of IPv4 are never mapped into IPv6, also where a socket of both families
// receives them. A zone is the name or the number of an interface; if there is no such interface, the operation fails
// with a *net.AddrError.
//
// # What all sockets have in common
//
// Errors, deadlines, use by several tasks and Close work as the documentation of
// [github.com/moduvex/moduvex-go/executor/net] says. If several tasks read at a time, each datagram goes to one of
// them. A zero Socket is closed; a zero [ListenConfig] is ready for use.
package udp
