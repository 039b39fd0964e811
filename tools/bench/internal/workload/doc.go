// Package workload provides the workloads that are measured within one process: all but W8, the echo, and W11, HTTP.
// Each exists for every contender that it makes sense for, does the same with each, and checks its result.
//
//	W1   spawn tasks with a typed result, join them all, and again
//	W2   tasks that yield
//	W3   pairs of tasks that send a value to and fro over two channels of capacity one
//	W4   a task that spawns the next, and so on
//	W5   producers that send into a bounded channel with one consumer
//	W6   tasks that sleep, all spawned at once
//	W7   parked tasks: their memory; waking and joining all
//	W9   tasks that lock, add and unlock
//	W10  tasks that sleep for ever: aborting and joining all
//	GC   parked tasks: what the garbage collector takes for them
//
// The runtime is measured as [executor.New] makes it, with what its users need: budget, contained
// panics, aborts, fairness, metrics and the watchdog. The drivers are in the style of the tasks: in
// poll style a future spawns and joins, in direct style a body does.
//
// What is set up once in a program (the runtime, a pool) is set up, and warmed up, outside of what is
// measured.
package workload
