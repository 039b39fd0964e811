// Package harness runs a plan: each measurement in a process of its own, so that neither heap nor
// garbage collector of one is another's, and the contenders in turns, round by round, so that what
// disturbs the machine disturbs all.
//
// The processes are the program itself, started with an argument that says what to do; see [Child].
package harness
