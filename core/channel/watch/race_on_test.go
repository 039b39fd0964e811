//go:build race

package watch_test

// raceDetector is on: pools forget at random, and the tests that repeat do less.
const raceDetector = true
