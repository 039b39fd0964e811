// Package web is W11: HTTP servers with keep-alive connections, net/http beside compat/nethttp. Both are measured by the
// same program, with the same handler, and answer a GET with a few bytes.
//
//	idle    each of many connections has made one request and waits: the memory of a connection
//	load    wrk, a closed loop with one request in flight on each connection: processor time of a request, rate, latency;
//	        it alternates between the server and a net/http beside it
//	mixed   half of many connections send a request now and then: processor time of a request
//
// The server is a process of its own, and so is each client, and wrk: the server's processor time and memory are its alone.
// They read commands from their standard input and write replies to their standard output, as in package peer:
//
//	server   {"Addr":…}                     prints where it listens, then for each line of input:
//	         usage → {"CPUNs":…}            what it has used and served so far
//	         quiet N → {"Resident":…}       the same with its memory, once that does not change any more; a server that
//	                                        reports parked connections is given time to park N
//	         (end of input) →               exits
//	client   connects, makes a request on each connection, and prints "connected"; then
//	         again → {"Requests":…}         a request on each connection
//	         run R MS → {"Requests":…}      R requests on every second connection, evenly over MS milliseconds
//	         (end of input) →               closes the connections, and exits
//
// A client compares each reply with what it has to be, and a measurement compares the number of replies with the number of
// requests that the handler saw. A part with many connections has several clients, each with an address of its own in 127/8,
// so that neither their descriptors nor the ports of one address are the limit: the server's descriptors are.
package web
