// Package echo is W8: a TCP echo server under load, closed loop, one request in flight on each
// connection.
//
// Server and load are processes of their own, so that the server's processor time and memory are its
// alone. They read commands from their standard input and write replies to their standard output:
//
//	server   ADDR                        prints where it listens, then for each line of input:
//	         usage → {"CPUNs":…}         its processor time
//	         memory → {"CPUNs":…,"Resident":…}   the same, after all garbage is gone
//	         (end of input) →            exits
//	load     connects, sends a request and receives the reply on each connection, and prints "connected"; then
//	         run N → {"Requests":…}      N requests, and what became of them
//	         (end of input) →            closes the connections, and exits
//
// The load has to be cheaper than the barest server, or it is the load that is measured. It is a loop over io_uring: receives
// that stay armed, and sends in batches, so no system call for a request. It compares every byte, reads the clock once a
// request, and fails if a connection gets far fewer replies than the mean. What is left is TCP: a send over the loopback
// interface includes the receiver's side, and so most of what a request costs. Where there is no io_uring the load is a loop
// over epoll with two system calls a request, which costs about a tenth more. Each sample says how busy server and load
// were, and a report says where the load was the limit.
//
// Buffers: a server that can wait without one shares them between connections (the raw loops and
// netpoll do, and this runtime in both styles), as one would have it with many idle connections. The
// goroutine server cannot; it has the smallest that will do, on its stack.
//
// All of this is for Linux. Elsewhere the functions return errors that wrap errors.ErrUnsupported.
package echo
