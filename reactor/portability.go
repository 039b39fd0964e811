// # Portability
//
// The systems under a Poller differ as follows; a [Reactor] hides most of it. Their mechanisms:
//
//	|                        | epoll (Linux)            | kqueue (the BSDs, darwin)     | AFD on a completion port (Windows) |
//	| a registration is      | one set of bits          | a filter per direction        | one set of bits                    |
//	| Level, Edge, OneShot   | the kernel's own         | the kernel's own              | made of polls that complete once   |
//	| Edge needs Rearm       | no                       | no                            | yes: see Rearmer                   |
//	| a change costs         | one system call          | one (netbsd: one per filter)  | a cancelled poll and a new one     |
//	| resolution of timeouts | 1 ns (before 5.11: 1 ms) | 1 ns to a tick of 10 ms       | 1 ms to 16 ms                      |
//	| Notify                 | eventfd                  | EVFILT_USER, or a pipe        | a posted completion                |
//	| descriptors            | 2                        | 1, or 3 with a pipe           | a handle, and one each 32 sockets  |
//	| closed without Delete  | dropped with the last    | dropped with the number       | dropped                            |
//	|                        | copy of the descriptor   |                               |                                    |
//	| kinds of files         | sockets, pipes,          | these, and regular files      | sockets                            |
//	|                        | terminals                |                               |                                    |
//
// Their reports:
//
//	|                          | epoll                    | kqueue                         | AFD                      |
//	| the peer's half-close    | ReadReady, ReadClosed    | ReadReady, ReadClosed          | ReadReady, ReadClosed    |
//	| one's own half-close     | nothing                  | WriteClosed, if Writable       | nothing                  |
//	| both ends closed         | ReadClosed, WriteClosed  | the same                       | ReadClosed, WriteClosed  |
//	| a reset                  | ErrorReady, both closed  | ErrorReady, both closed        | ErrorReady, both closed  |
//	| a refused connect        | ErrorReady, both closed  | ErrorReady, both closed        | ErrorReady               |
//	| a refused datagram       | ErrorReady               | ReadReady or WriteReady        | ReadReady, or nothing    |
//	| urgent data              | PriorityReady            | PriorityReady on darwin,       | PriorityReady            |
//	|                          |                          | dragonfly and openbsd          |                          |
//	| a pipe's readers gone    | ErrorReady               | WriteClosed                    | cannot be added          |
//	| a pipe's writers gone    | ReadClosed, WriteClosed  | ReadReady, ReadClosed          | cannot be added          |
//	| an unconnected TCP socket | hung up                 | nothing                        | nothing                  |
//
// What a caller must not rely on:
//
//   - That an Event still holds. Another thread may have used the descriptor first, a checksum may have been wrong; a
//     would-block after an Event is normal, and descriptors must be non-blocking.
//   - That Edge reports new edges only. epoll reports an edge of either direction with the state of both, kqueue
//     when an acknowledgement arrives, AFD whenever the direction is armed.
//   - That Edge reports more bytes on top of unread ones. A [Rearmer] does not. Continue until would-block.
//   - On a short read as a sign that a socket is empty: [Registration.ClearReady] has the conditions, which not all
//     systems meet. On every system would-block is that sign.
//   - That a close removes a descriptor. Delete comes first: epoll still reports a file that is open under another
//     number, and a kqueue backend keeps its entry, so that the number cannot be added again.
//   - That no Event comes after Delete from a Wait that was in progress. A generation in the Key identifies it.
//   - That a hang-up, an error and the end of the stream come as the same bits, or in one Event. Use
//     [Readiness.Allows], try the operation, and rely on its result. ReadClosed may be missing.
//   - That all bytes were read when ReadClosed is reported: it comes while the last of them are unread.
//   - That an error is reported before the operation fails with it, or that it is still pending: the first call that
//     gets SO_ERROR clears it.
//   - That WriteReady means room for more than a byte, or ReadReady a datagram that passes its checksum.
//   - On the order of Events, on how many come in a Wait, or that both directions come in one Event; but what holds
//     when a OneShot registration fires comes in its one Event, as far as the kernel knows.
//   - On a timeout shorter than a few milliseconds. It is never early; the system determines how late it is.
//   - On the result of an Add of a regular file: an error of the system, or always ready.
//   - That two Pollers which watch one descriptor report the same. Each has its own edges.
package reactor
