package regressions

// A Mistake is one that must not be made again.
type Mistake struct {
	What  string
	Tests []string // "file: function", the file from the root of the repository
}

// List has the mistakes, by number: what they are about comes in groups.
var List = []Mistake{
	// Tasks and scheduling.
	1: {"a wake while a task runs is lost: a self-wake hangs", []string{
		"core/task/behaviour_test.go: TestSelfWakeWhileRunningIsNotLost",
		"executor/wake_test.go: TestWakeWhileRunningIsAnotherPoll",
	}},
	2: {"an abort of an idle task never queues it; its join resolves before the drop", []string{
		"core/task/behaviour_test.go: TestAbortOfAnIdleTaskResolvesItsJoinAfterTheDrop",
		"executor/abort_test.go: TestAbortOfATaskThatWaits",
		"executor/regress_test.go: TestAbortFromEveryWorkerDropsBeforeTheJoin",
	}},
	3: {"an abort while a task runs, or is about to, is lost", []string{
		"core/task/behaviour_test.go: TestAbortWhileRunningIsNotLost",
		"executor/abort_test.go: TestAbortOfAScheduledTaskIsNotPolledAgain",
		"executor/abort_test.go: TestAbortOfARunningTask",
		"executor/regress_test.go: TestAbortFromAnotherWorkerWhileATaskRuns",
	}},
	4: {"a panic is not caught, and takes the worker along", []string{
		"executor/panic_test.go: TestPanicEndsTheTaskOnly",
	}},
	5: {"a panic, or a nested call, breaks what is known of the current executor", []string{
		"core/task/host_test.go: TestNestedHostsDoNotClearEachOther",
		"executor/blockon_test.go: TestCallsThatWouldBlockTheWorkerAreRefusedInATask",
	}},
	6: {"unfinished futures are not dropped at shutdown", []string{
		"executor/shutdown_test.go: TestShutdownAbortsWhatIsLeftWhenItsContextEnds",
	}},
	7: {"a task is lost between its poll and its wake; a worker ends early", []string{
		"core/task/host_test.go: TestNoTaskIsLostBetweenPendingAndItsWake",
		"executor/regress_test.go: TestTaskThatIsWokenAsItsPollEndsIsNotLost",
		"executor/regress_test.go: TestWorkersGoOnAfterTheRootHasEnded",
	}},
	8: {"futures that are of one thread are polled by several", []string{
		"executor/regress_test.go: TestFutureIsPolledByOneWorkerAtATime",
	}},
	9: {"nothing is stolen, or not what there is; tasks that do not fit are dropped", []string{
		"executor/stealing_test.go: TestTasksOfABusyRootAreRunByOthers",
		"executor/regress_test.go: TestTasksThatDoNotFitAnyQueueAllRunOnce",
	}},
	10: {"a worker is woken once only; parking has a cap; short waits spin", []string{
		"reactor/reactortest/notify.go: testNotifyTwice",
		"executor/idle_linux_test.go: TestIdleRuntimeMakesNoSystemCall",
		"executor/timer_test.go: TestWorkerParksOnceForASleep",
	}},
	11: {"a spawn wakes nobody, or who is busy; late wakers write to closed descriptors", []string{
		"executor/regress_test.go: TestSpawnOntoSleepingWorkersWakesOne",
		"executor/wake_test.go: TestRemoteWakesOfABusyWorkerCostNoNotify",
		"executor/regress_test.go: TestWakersThatOutliveTheirRuntimeTouchNoDescriptor",
		"executor/shutdownrace_test.go: TestWakesAndEventsWhileShuttingDown",
	}},
	12: {"draining a queue has no bound; each poll has another waker", []string{
		"executor/fair_test.go: TestBusyTasksLeaveEverythingElseItsTurn",
		"executor/regress_test.go: TestRootHasItsTurnsWhileAllWorkersAreFlooded",
		"core/task/behaviour_test.go: TestWakerIsTheSameInEveryPoll",
		"executor/wake_test.go: TestWakerIsTheSameInEveryPoll",
	}},

	// Reactor and sockets.
	13: {"a reactor belongs to a thread, while tasks move", []string{
		"executor/regress_test.go: TestSocketIsUsedOnEveryWorker",
	}},
	14: {"a direction has one waiter, a descriptor one interest", []string{
		"executor/net/tcp/listener_test.go: TestSeveralTasksAcceptOnOneListener",
		"executor/net/tcp/stream_test.go: TestSeveralTasksReadOneStream",
		"executor/net/tcp/stream_test.go: TestReadAndWriteWaitTogether",
		"executor/net/udp/wait_test.go: TestSeveralTasksReadOneSocket",
		"executor/net/udp/wait_test.go: TestReadWaitsBesideWrites",
		"executor/net/unix/wait_test.go: TestSeveralTasksReadOneStream",
	}},
	15: {"errors and hang-ups are dropped", []string{
		"executor/net/tcp/close_test.go: TestHangUpWakesBothDirections",
	}},
	16: {"any second poll of readiness says ready", []string{
		"executor/net/tcp/stream_test.go: TestReadableOnlyWhileThereIsSomething",
		"executor/net/udp/wait_test.go: TestReadableOnlyWhileThereIsSomething",
		"executor/net/unix/wait_test.go: TestReadableOnlyWhileThereIsSomething",
	}},
	17: {"wakers run under the reactor's lock, and what they drop leaks", []string{
		"reactor/deregister_test.go: TestWakersRunOutsideEveryLock",
		"reactor/deregister_test.go: TestAWakerMayDropItsOwnRegistration",
	}},
	18: {"descriptors are closed before they are deregistered", []string{
		"reactor/deregister_test.go: TestCloseWithDeregistersFirstAndClosesOnce",
	}},
	19: {"taking a descriptor out blocks, or swallows events", []string{
		"reactor/iocp/regress_windows_test.go: TestDeleteNeitherBlocksNorSwallowsEvents",
	}},
	20: {"descriptors leak, or are inherited; interrupted and failed calls are taken for something else", []string{
		"executor/net/tcp/unix_test.go: TestDescriptorsAreNotInherited",
		"executor/net/tcp/listener_test.go: TestConnectionGivenUpBeforeAccept",
		"executor/net/tcp/dial_test.go: TestFailedConnectIsAnError",
		"executor/net/internal/nettest/runtime.go: NewRuntime", // looks for descriptors that were left open
		"reactor/reactortest/kernel_linux.go: testSignals",
		"reactor/iocp/regress_windows_test.go: TestAFailedNewOrAddLeavesNothingBehind",
	}},
	21: {"on Windows there is a limit of sockets, and a wait that nobody can end", []string{
		"reactor/iocp/regress_windows_test.go: TestThereIsNoLimitOnSockets",
		"reactor/iocp/regress_windows_test.go: TestAWaitForSocketsCanBeWoken",
	}},
	22: {"polls and calls allocate", []string{
		"reactor/alloc_test.go: TestPollingClearingAndDispatchAllocateNothing",
		"executor/net/tcp/cost_test.go: TestReadAndWriteAllocateNothing",
		"executor/net/udp/cost_test.go: TestOperationsAllocateNothing",
		"executor/net/unix/cost_test.go: TestOperationsAllocateNothing",
	}},

	// Time.
	23: {"a cascade uses a stale tick: sleeps are seconds late, and spin", []string{
		"core/timer/wheel/worker_test.go: TestShortSleepIsNotSecondsLateWhereverItStarts",
		"core/timer/wheel/worker_test.go: TestManyIdleWaitsAreEachOneWakeUp",
		"executor/timer_test.go: TestManySleepsAtOnce",
	}},
	24: {"a timer that is dropped on another worker cancels somebody else's", []string{
		"executor/moving_timers_test.go: TestTimersThatAreDisarmedFromEverywhere",
		"core/timer/wheel/wheel_test.go: TestEntryOfAnotherWheelIsRefused",
	}},
	25: {"the next deadline and a jump cost too much; timers are early; huge durations overflow", []string{
		"core/timer/wheel/cost_test.go: TestNextLooksAtNoMoreThanTheLevels",
		"core/timer/wheel/cost_test.go: TestJumpCostsNoMoreThanItFiresAndCascades",
		"core/timer/wheel/wheel_test.go: TestSubMillisecondDeadlineIsRoundedUpNeverDown",
		"executor/timer_test.go: TestSleepIsNeverEarly",
		"core/timer/timer_test.go: TestSleepForEverIsPending",
		"core/timer/timeout_test.go: TestATimeoutForEverNeverEnds",
		"core/coro/sleep_test.go: TestSleepForEver",
		"core/coro/cancelscope_test.go: TestADeadlineBeyondAllTimeNeverComes",
	}},

	// Synchronisation, signals, task-locals.
	26: {"a woken waiter that a newcomer has beaten is not queued again", []string{
		"core/lock/mutex_test.go: TestANewcomerGetsNoMutexPastTheWaiters",
		"core/lock/semaphore_test.go: TestPermitsGoToTheWaitersInOrder",
		"core/channel/mpsc/waiting_test.go: TestANewcomerGetsNoSlotWhileWaitersAreBeingWoken",
	}},
	27: {"a waiter that is cancelled after its wake takes it along", []string{
		"core/lock/mutex_test.go: TestADroppedWaiterPassesTheMutexOn",
		"core/lock/mutex_forms_test.go: TestAnAbortedBodyLeavesTheMutexLockable",
		"core/lock/semaphore_test.go: TestADroppedWaiterPassesItsPermitsOn",
		"core/lock/rwmutex_test.go: TestADroppedReaderPassesItsLockOn",
		"core/lock/notify_test.go: TestADroppedWaiterPassesItsNotificationOn",
		"core/channel/mpsc/waiting_test.go: TestADroppedSendPassesItsSlotOn",
		"core/channel/mpsc/forms_test.go: TestAnAbortedBodyLeavesTheChannelInOrder",
	}},
	28: {"a receiver that is gone keeps values alive", []string{
		"core/channel/mpsc/channel_test.go: TestCloseReleasesTheQueue",
		"core/channel/oneshot/oneshot_test.go: TestAClosedReceiverReleasesTheValue",
		"core/channel/broadcast/alloc_test.go: TestValuesAreReleased",
		"core/channel/watch/alloc_test.go: TestAReplacedValueIsReleased",
	}},
	29: {"a oneshot that has answered panics, and wakes under its lock", []string{
		"core/channel/oneshot/oneshot_test.go: TestAPollAfterTheValueReturnsErrReceived",
		"core/channel/oneshot/waiting_test.go: TestNoWakerRunsUnderTheLock",
	}},
	30: {"signals: only the first, to one waiter; stale ones; more than was asked for; a failure is kept; taken for wakes", []string{
		"executor/signal/stream_unix_test.go: TestSignalsArriveAgainAndAgain",
		"executor/signal/stream_unix_test.go: TestEveryStreamGetsTheSignal",
		"executor/signal/stream_unix_test.go: TestWaitersOnOneStreamAreServedInTurn",
		"executor/signal/stream_unix_test.go: TestASignalFromBeforeTheOpeningIsNotSeen",
		"executor/signal/takeover_unix_test.go: TestOnlyWhatIsAskedForIsTakenOverAndThenGivenBack",
		"executor/signal/stream_unix_test.go: TestANotifyThatHasFailedDoesNotSpoilTheNext",
		"executor/signal/stream_unix_test.go: TestSignalsAndWakesAreToldApart",
	}},
	31: {"task-locals: keys alias, a panic leaks a value, polls allocate", []string{
		"core/local/body_test.go: TestDistinctKeysNeverAlias",
		"core/local/local_test.go: TestAPollThatEndsInAnyWayLeavesNothingBehind",
		"core/local/local_test.go: TestAPollInAScopeAllocatesNothing",
	}},

	// Ends, ownership and limits.
	32: {"what a task has kept of its worker is used on another, and breaks that one's queue", []string{
		"executor/kept_test.go: TestADropMaySpawnAndWakeThroughTheHostThatItKept",
		"executor/kept_test.go: TestATimerThatIsHandedToAnotherWorkerPanicsWhereTasksStay",
	}},
	33: {"tasks cannot spawn while the runtime ends; listeners go on accepting", []string{
		"executor/drain_test.go: TestTasksSpawnWhileTheRuntimeDrains",
		"executor/draining_test.go: TestTasksAreToldThatTheDrainBegins",
		"executor/net/tcp/drain_test.go: TestListenerClosesWhenItsRuntimeDrains",
	}},
	34: {"a panic is seen by nobody; an error that a body returns is taken for a panic", []string{
		"executor/panics_test.go: TestRunReturnsTheErrorsOfItsBody",
		"executor/panics_test.go: TestPanicWithNilIsAPanic",
		"executor/panics_test.go: TestWhatEndsTheProcessShowsTheStackOfThePanic",
		"executor/ends_test.go: TestEveryWayInWhichABodyCanEnd",
	}},
	35: {"a child that spends the whole budget starves its siblings and their deadline", []string{
		"core/future/starve_test.go: TestHogsStarveNobody",
		"core/future/starve_test.go: TestHogsKeepNoDeadlineBack",
	}},
	36: {"a lock is lost where an int has 32 bits", []string{
		"core/lock/rwmutex_test.go: TestADroppedWriteLockGoesToTheNext",
	}},
	37: {"deadlines follow the wall clock", []string{
		"executor/wallclock_test.go: TestDeadlinesAfterTheWallClockWasSet",
		"core/timer/wallclock_test.go: TestATimerIsConvertedWhenItIsArmed",
	}},
	38: {"a copy in bulk takes the mark of urgent data for the end", []string{
		"executor/net/tcp/urgent_linux_test.go: TestCopyGetsPastUrgentData",
		"executor/net/tcp/urgent_linux_test.go: TestCopyGetsPastManyMarks",
	}},
	39: {"a raw call blocks the process on a socket that another process has put into blocking mode", []string{
		"executor/net/tcp/blocking_linux_test.go: TestNothingBlocksOnASocketInBlockingMode",
		"executor/net/internal/netfd/shared_linux_test.go: TestBlockingModeFromOutside",
	}},
	40: {"a zero socket uses descriptor 0", []string{
		"executor/net/internal/netfd/zero_unix_test.go: TestZeroSocketsAreClosed",
	}},
	41: {"a runtime in a bubble of synctest hangs", []string{
		"executor/bubble_test.go: TestABubbleOfSynctestIsRefused",
	}},
}
