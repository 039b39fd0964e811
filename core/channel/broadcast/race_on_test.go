//go:build race

package broadcast_test

// raceDetector is on: pools forget at random, and the tests that repeat do less.
const raceDetector = true
