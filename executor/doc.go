// Package executor combines the task core, a reactor, a timer wheel and a blocking pool into a
// runtime.
//
// # The way of a task
//
//	Spawn → inbox ──────┐
//	Wake (elsewhere) → inbox ─→ local queue → poll → pending: the waker lies in a registration,
//	Wake (on the worker) ─────→ LIFO slot  ↗        a timer entry or a wait queue
//	                                                 → ready: the output lies in the cell, the
//	                                                   joiner is woken
//
// # The loop of a worker
//
//	   ┌──────────────────────────────────────────────────────────────────────┐
//	   ↓                                                                      │
//	poll up to 61 tasks ─→ take the inbox ─→ fire due timers ─→ work left? ───┤ yes: look at the
//	                                                              │ no        │ poller, do not wait
//	                                                              ↓           │
//	                                                 park in the poller until the next deadline,
//	                                                 an event or a notification ──────────────┘
//
// So however busy the tasks are, the inbox, the timers and I/O have their turn every 61 polls; and
// a worker with nothing to do makes no system call until something happens: parking has no cap.
//
// # Who may touch what
//
// A worker's queue, wheel and coroutines belong to its goroutine alone. Its inbox, its set of live
// tasks and its statistics are safe for all. Its reactor is shared with whoever registers.
//
// # Threads
//
// There is one worker to a runtime for now. Everything that names workers is already written for
// many.
package executor
