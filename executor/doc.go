// Package executor combines the task core, reactors, timer wheels and a blocking pool into a runtime
// of many workers.
//
// # The way of a task
//
//	Spawn → inbox, injector ──────┐
//	Wake (elsewhere) → the same ──┴→ queue of a worker → poll → pending: the waker lies in a
//	Wake (on a worker) → LIFO slot ↗        │                   registration, a timer entry or a
//	                                        │ (stealing)        wait queue
//	                                        ↓                → ready: the output lies in the cell, the
//	                                  another's queue          joiner is woken
//
// # Two ways to schedule
//
// Thread-per-core is the default: a task and its I/O stay on the worker that it was spawned on. Tasks
// from outside go to the workers in turns, or to the one that [Runtime.On] names. Workers share
// nothing, so state of a worker ([WorkerLocal]) needs no lock, and a poll costs no atomic operation
// but those on the task's own word.
//
// Work stealing is for loads that are not even: a worker that runs out of tasks takes half of what
// another offers. A task that has moved keeps its sockets, which belong to a reactor and wake tasks
// wherever they are, and its timers, which may be disarmed from any worker. Tasks of [Runtime.On] stay
// where they are here too. As long as all workers are busy little is offered, and a poll costs about
// what it costs in the other mode.
//
// # The loop of a worker
//
//	   ┌──────────────────────────────────────────────────────────────────────────────┐
//	   ↓                                                                              │
//	poll up to 61 tasks ─→ take the inbox, a share ─→ fire due ─→ look at the ─→ tasks? ─┤ yes
//	                       of the injector            timers      poller         │ no │
//	                                                                             ↓    │
//	                                       (stealing) search the others' queues: found┤
//	                                                                             │    │
//	                                                                             ↓    │
//	                       park in the poller until the next deadline, an event or a  │
//	                       notification ──────────────────────────────────────────────┘
//
// So however busy the tasks are, the inbox, the injector and I/O have their turn every 61 polls, and the
// timers nearly so (see fifo.turn); and a worker with nothing to do makes no system call until something happens: parking has no
// cap.
//
// # Who may touch what
//
//	inbox, injector, task sets, idle word     anybody: they have locks, or are words that are swapped
//	LIFO slot, bound and private queue,       the worker's goroutine alone
//	coroutines, counters
//	stealing ring                             its worker fills and takes, others steal: see stealRing
//	timer wheel                               the worker alone; where tasks move, any worker under a lock
//	reactor                                   whoever registers; its worker turns it
//
// That no task is left behind when workers sleep stands in idle.go, at task.Inbox and at worker.park;
// that no timer is late, at timers.
//
// # Seeing what goes on
//
// [Runtime.Stats] has the totals, [Runtime.Metrics] counters and histograms of each worker, and
// [Runtime.Tasks] every task that has not ended: all without stopping a worker. A poll that holds its
// worker is reported by a watchdog ([Options.LongPollThreshold]).
package executor
