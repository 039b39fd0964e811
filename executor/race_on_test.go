//go:build race

package executor_test

// raceDetector is on: the tests that spend their time in one goroutine do less.
const raceDetector = true
