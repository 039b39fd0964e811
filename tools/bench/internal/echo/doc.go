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
// The load is a loop over epoll with raw system calls. It makes two system calls a request, as the
// barest server does, compares every byte, and reads the clock once.
//
// Buffers: a server that can wait without one shares them between connections (the raw loops and
// netpoll do, and this runtime in both styles), as one would have it with many idle connections. The
// goroutine server cannot; it has the smallest that will do, on its stack.
//
// All of this is for Linux. Elsewhere the functions return errors that wrap errors.ErrUnsupported.
package echo
