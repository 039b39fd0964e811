// Package sys provides the system calls that sockets need, under the same names for every operating system. It makes
// descriptors non-blocking and close-on-exec, so none of its calls waits, except [Close] of a socket with a linger
// time.
//
// Functions that are called for each message (Read, Write, Accept, Connect, RecvFrom) return an Errno, which costs
// nothing to make and to compare; they repeat the call after EINTR. Functions that are called once in the life of a
// socket return an error that names the call, an *os.SyscallError.
//
// # Blocking mode
//
// Non-blocking mode belongs to the open file description. A process that shares the description (a child that has
// inherited it, the receiver of a descriptor) can switch the mode off for all. So no call relies on it alone:
//
//	| call                     | in blocking mode                                                     |
//	|--------------------------|----------------------------------------------------------------------|
//	| receive, send; of one    | does not block: MSG_DONTWAIT. On the BSDs and Windows, Read and Write |
//	| buffer or several        | block the worker                                                     |
//	| Accept                   | on Linux, checks the backlog first; it blocks the worker only if     |
//	|                          | another process takes the connection in between                      |
//	| Pipe.Fill, Pipe.Drain,   | block the worker; their callers call Blocking before each            |
//	| SendFile                 |                                                                      |
//	| Connect                  | precedes any sharing of the descriptor; after a Control function of  |
//	|                          | the user, the mode is set again                                      |
//
// A call that may block is never a raw system call: that would stop the whole process at the next garbage collection.
//
// On a system that is not supported, the same functions return errors.ErrUnsupported.
package sys

// MaxTransfer bounds the bytes of one Read or Write. Copying so many takes about 30 µs. A longer call would hold its
// worker too long, and delay a stop of the world, since the call may bypass Go's scheduler.
const MaxTransfer = 256 << 10

// MaxBatch bounds the datagrams of one call. More would save little, and hold a worker longer than its other tasks
// should wait.
const MaxBatch = 64
