// Package executor provides a runtime that runs tasks on many workers, with timers, sockets and a pool for
// functions that block.
//
// # Running a task
//
// A program that lives in one runtime calls [Run], or [Main] if its body returns an error only: it makes the runtime,
// runs the body as a task, and closes the runtime when the body returns.
//
//	n, err := executor.Run(ctx, executor.Options{}, func(co *coro.Co) (int, error) {
//		h := executor.Go(co, func(co *coro.Co) (int, error) { // another task
//			return 42, coro.Sleep(co, time.Second)
//		})
//		return h.Join(co) // waits without blocking the worker
//	})
//
// A program that mixes a runtime with ordinary goroutines calls [New], and [Runtime.Shutdown] or [Runtime.Close] at
// the end. [Go], [Do] and [Spawn] start tasks from any goroutine, if they get the *[Runtime], or from a task, if they
// get its *coro.Co or *core.Context. The JoinHandle that they return waits for the task, aborts it, and has its
// output. [BlockOn] starts a task and waits for it.
//
// A task must not block its worker: package coro sleeps and waits, packages executor/net/tcp, udp and unix
// do I/O, packages core/lock and core/channel synchronise, and [Blocking] runs a function that has to block
// on a pool of goroutines.
//
// # Two ways to schedule
//
// Thread-per-core is the default: a task and its I/O stay on the worker that it was spawned on. Tasks from outside go
// to the workers round-robin, or to the one that [Runtime.On] names. Workers share nothing, so the state of a
// worker ([WorkerLocal]) needs no lock, and a poll costs no atomic operation but those on the task's own word.
//
// Work stealing is for uneven loads: a worker that runs out of tasks takes half of what another offers. A task that
// has moved keeps its sockets, which belong to a reactor and wake tasks wherever they are, and its timers, which
// any worker may disarm. Tasks of [Runtime.On] stay on their worker here too. While all workers are busy they offer
// little, and a poll costs about as much as in the other mode.
//
// # Observing a runtime
//
// [Runtime.Stats] has the totals, [Runtime.Metrics] counters and histograms of each worker, and [Runtime.Tasks] every
// task that has not ended. None of them stops a worker. A watchdog reports a poll that holds its worker
// ([Options.LongPollThreshold]), and what blocks it: if that is a lock, also which suspended task is likely to hold it.
// Under [Options.Profile] CPU profiles and execution traces have the names of the tasks.
//
// # The path of a task
//
//	Go, Do, Spawn ──→ admit: number, live set
//	                    │
//	on its own worker ──┤→ queue of the worker ──────────→ poll ─→ pending: its waker is in a registration,
//	from elsewhere ─────┴→ inbox or injector ─→ queue ↗     │      a wheel entry or a wait queue
//	                                                        │      Wake ─→ slot or queue of the worker,
//	                                                        │              or from elsewhere: inbox or injector
//	                                                        └────→ ready: its output is in its cell, and its
//	                                                               joiners are woken
//
// Where workers steal, tasks also move from the queue of one worker to the queue of another.
//
// # The loop of a worker
//
//	┌─────────────────────────────────────────┐
//	│ poll up to 61 tasks                     │←─────────────┐
//	├─────────────────────────────────────────┤              │
//	│ remove the tasks that ended             │              │
//	│ give the backlog its share of polls     │              │
//	│ take the inbox, a share of the injector │              │
//	│ maybe yield to other goroutines         │              │
//	│ fire due timers, if no share was given  │              │
//	│ publish the counters                    │              │
//	│ check whether the drain is over         │              │
//	│ poll the reactor without waiting        │              │
//	├─────────────────────────────────────────┤              │
//	│ are there tasks?                        │─ yes ───────→┤
//	├─────────────────────────────────────────┤              │
//	│ search for tasks of others (stealing)   │─ found ─────→┤
//	├─────────────────────────────────────────┤              │
//	│ spin for a while, if that has paid      │─ a task ────→┤
//	├─────────────────────────────────────────┤              │
//	│ maybe yield, if a spin has put that off │              │
//	│ park in the poller until the next       │              │
//	│ deadline, an event or a notification    │─────────────→┘
//	└─────────────────────────────────────────┘
//
// Tasks in direct style that are ready one after the other are polled without a return to the worker's goroutine: an await
// switches to the body of the next task. See package coro.
//
// However busy the tasks are, the worker serves its inbox, the injector and I/O every 61 polls, and the timers in at
// least three of four rounds: a round that gives the backlog its share leaves them in the wheel. An idle worker makes
// no system call: it stays parked until the next deadline, an event or a notification. Where there are several workers,
// one that runs dry again and again for an instant spins first ([Options.SpinBeforePark]), so that tasks on different
// workers wake each other without a system call.
//
// # Who may touch what
//
//	inbox, injector, live sets, idle word   any goroutine: a lock, or a word that is swapped
//	slot, bound and private queue,          the worker's goroutine alone
//	coroutines, counters
//	stealing ring                           its worker fills and takes, others steal
//	timer wheel                             the worker alone; where tasks move, any worker under a lock
//	reactor                                 any goroutine registers; its worker waits in it
//
// The argument that no task is left behind when workers sleep is in internal/runq/idle.go, at task.Inbox and at
// worker.park, and in spin.go; that no timer is late, at timers.
package executor
