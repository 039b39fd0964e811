// Command bench measures this runtime beside goroutines, ants, conc, pond, netpoll and bare epoll loops
// in Go and in C, and compat/nethttp beside net/http.
//
//	make bench          every workload, several rounds: an hour and a half, on a machine that does nothing else
//	make bench-smoke    the same, small, once: that everything runs and computes what it should
//
// Each measurement is a process of its own. The report says which targets are met, how the costs grow
// with the size, and what the garbage collector takes; it asserts none of that. It fails if a
// workload breaks or computes a wrong result.
//
// The workloads are in internal/workload, W8 in internal/echo, W11 in internal/web, what is run in internal/spec. It is a
// module of its own so that no other module downloads the contenders.
package main
