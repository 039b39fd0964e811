//go:build race

package runq_test

// raceDetector is on: the tests that spend their time in one goroutine do less.
const raceDetector = true
