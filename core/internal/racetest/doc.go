// Package racetest provides [Enabled], which tells tests whether the race detector watches: tests that spend
// their time in one goroutine do less then, and sync.Pool forgets at random.
package racetest
