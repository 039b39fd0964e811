// Package timer provides the futures that wait for a time: [Sleep], [SleepUntil], [Timeout] and
// [Interval].
//
// They are for poll style. A body in direct style calls coro.Sleep in place of Sleep, coro.WithTimeout in place
// of Timeout, and [Interval.Tick].
//
// # Time
//
// The clock is that of the host that polls. A duration starts at the first poll of its future; until
// then a Timer costs nothing. A timer is never early. It is late by
// at most the resolution of the wheel below (package timer/wheel, a millisecond) and the time that
// passes until its task is polled.
//
// Any duration and any instant is valid. A timer whose time is past is over at its first poll. A time
// further away than a time.Duration holds, some 292 years, never comes.
//
// An instant may lack a monotonic reading (package time says which do). The distance to it is then that of
// the wall clock when the timer is armed: at the first poll, and at the first poll after a Drop or a
// Reset. A later change of the wall clock does not move the timer. In an [Interval] only the start
// is such an instant: its later ticks follow at the period. On most systems the monotonic clock stops while
// the system sleeps, and so do timers.
//
// Tests use the virtual clock of core/coretest.
package timer
