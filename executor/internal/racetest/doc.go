// Package racetest provides [Enabled], which tells tests whether the race detector watches: tests that spend
// their time in one goroutine do less then, and those that count allocations do not run.
package racetest
