// Package timer holds the futures that wait for a time: [Sleep], [SleepUntil], [Timeout] and
// [Interval].
//
// They are for poll style. A body in direct style calls coro.Sleep, coro.WithTimeout instead of
// Timeout, and [Interval.Tick].
//
// # Time
//
// Time is that of the host that polls, read when a future is polled for the first time: until
// then a Timer costs nothing, and its duration does not run. A timer is never early. It is late by
// at most the grain of the wheel below (package timer/wheel, a millisecond) and the time that
// passes until its task is polled.
//
// Any duration and any instant will do. What is past is over at the first poll, which then waits
// for nothing; what is further away than a time.Duration holds, some 292 years, never comes.
//
// An instant may lack a monotonic reading (package time says which do). It is then as far away as the
// wall clock says when the timer is armed, that is at the first poll, and at the first after a Drop or a
// Reset. The wall clock may be set after that; the timer does not move. Of an [Interval] only the start
// is such an instant: its later ticks follow at the period. The monotonic clock stands still while the
// system sleeps, on most systems, and so do timers.
//
// Tests use the virtual clock of core/coretest.
package timer
