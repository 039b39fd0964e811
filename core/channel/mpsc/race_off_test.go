//go:build !race

package mpsc_test

const raceDetector = false
