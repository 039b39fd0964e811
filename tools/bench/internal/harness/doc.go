// Package harness runs a plan: each measurement in a process of its own, so that neither heap nor
// garbage collector of one is another's, and all contenders in each round, so that a
// disturbance of the machine affects all.
//
// The processes are the program itself, started with an argument that says what to do; see [Child].
package harness
