// Package sys is the system calls that sockets need, under one set of names for every operating
// system. All descriptors it makes are non-blocking and close-on-exec, so none of its calls waits,
// but for [Close] of a socket with a linger time.
//
// What is called for every message (Read, Write, Accept, Connect, RecvFrom) answers with a bare
// Errno, which costs nothing to make and to compare, and has dealt with EINTR. What is called once
// in the life of a socket answers with an error that names the call, an *os.SyscallError.
//
// # Blocking mode
//
// Non-blocking mode belongs to the open file description. A process that shares it (a child that has
// inherited it, the receiver of a descriptor) can switch it off for all. So no call relies on it alone:
//
//	| call                     | in blocking mode                                                     |
//	|--------------------------|----------------------------------------------------------------------|
//	| receive, send; of one    | does not block: MSG_DONTWAIT. On the BSDs and Windows, Read and Write |
//	| buffer or several        | block the worker                                                     |
//	| Accept                   | Linux looks at the backlog first; it blocks the worker only if       |
//	|                          | another process takes the connection in between                      |
//	| Pipe.Fill, Pipe.Drain,   | block the worker; their callers ask Blocking before each             |
//	| SendFile                 |                                                                      |
//	| Connect                  | comes before the descriptor is shared; after a Control function of   |
//	|                          | the user the mode is set anew                                        |
//
// What blocks is never a raw system call, since that would hold up the whole process with the next
// garbage collection.
//
// A system that is not supported has the same functions; they return errors.ErrUnsupported.
package sys

// MaxTransfer is the most that callers of Read and Write may ask for. Copying it takes some 30 µs; for
// longer than that a call should hold neither its worker nor, since it may bypass the scheduler, who
// wants to stop the world.
const MaxTransfer = 256 << 10

// MaxBatch is how many datagrams one call moves at most. More would save little, and hold a worker
// for longer than the others should have to wait.
const MaxBatch = 64
