// Package racetest provides [Enabled], which tests read: under the race detector, tests that spend
// their time in one goroutine do less, and those that count allocations do not run.
package racetest
