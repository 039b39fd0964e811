// # Portability
//
// What differs between the systems under a Poller, and what a caller must not rely on; a [Reactor] hides most
// of it. What the systems have:
//
//	|                        | epoll (Linux)            | kqueue (the BSDs, darwin)     | AFD on a completion port (Windows) |
//	| asks for               | one set of bits          | a filter per direction        | one set of bits                    |
//	| Level, Edge, OneShot   | the kernel's own         | the kernel's own              | made of polls that complete once   |
//	| Edge needs Rearm       | no                       | no                            | yes: see Rearmer                   |
//	| a change costs         | one system call          | one (netbsd: one per filter)  | a cancelled poll and a new one     |
//	| a timeout's grain      | 1 ns (before 5.11: 1 ms) | 1 ns to a tick of 10 ms       | 1 ms to 16 ms                      |
//	| Notify                 | eventfd                  | EVFILT_USER, or a pipe        | a posted completion                |
//	| descriptors            | 2                        | 1, or 3 with a pipe           | a handle, and one each 32 sockets  |
//	| closed without Delete  | forgotten with the last  | forgotten with the number     | forgotten                          |
//	|                        | copy of the descriptor   |                               |                                    |
//	| what can be watched    | sockets, pipes,          | these, and regular files      | sockets                            |
//	|                        | terminals                |                               |                                    |
//
// What is reported when:
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
//	| a pipe's readers gone    | ErrorReady               | WriteClosed                    | cannot be watched        |
//	| a pipe's writers gone    | ReadClosed, WriteClosed  | ReadReady, ReadClosed          | cannot be watched        |
//	| an unconnected TCP socket | hung up                 | nothing                        | nothing                  |
//
// What a caller must not rely on:
//
//   - That an Event is true. Another thread may have been there first, a checksum may have been wrong; a
//     would-block after an Event is nothing special, and descriptors must be non-blocking.
//   - That Edge reports only new edges. epoll reports an edge of either direction with the state of both,
//     kqueue when an acknowledgement arrives, AFD whenever it was armed.
//   - That Edge reports more bytes on top of unread ones. A [Rearmer] does not. Go on until would-block.
//   - On a short read as a sign that a socket is empty: [Registration.ClearReady] has the conditions, which not
//     all systems meet. Would-block is the sign that all have.
//   - That closing takes a descriptor out. Delete comes first: epoll goes on reporting a file that lives on
//     under another number, and a kqueue backend keeps its entry, so that the number cannot be added again.
//   - That no Event comes after Delete, in a Wait that was under way. Generations in the Key tell.
//   - That a hang-up, an error and the end of the stream come as the same bits, or in one Event. Use
//     [Readiness.Allows], do the operation, and believe what it returns. ReadClosed may be missing.
//   - That bytes are gone once ReadClosed is reported: it comes with the last of them still unread.
//   - That an error is reported before the operation fails with it, or that it is still there to be fetched:
//     whoever asks for SO_ERROR first, has it.
//   - That WriteReady means room for more than a byte, or ReadReady a datagram that passes its checksum.
//   - On the order of Events, on how many come in a Wait, or that both directions come in one Event; but
//     what holds when a OneShot registration fires comes in its one Event, as far as the kernel knows.
//   - On a timeout shorter than a few milliseconds. It is never early; how late it is, is the system's.
//   - On what an Add of a regular file does: an error of the system's, or always ready.
//   - That two Pollers which watch one descriptor see the same. Each has its own edges.
package reactor
