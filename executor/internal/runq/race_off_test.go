//go:build !race

package runq_test

const raceDetector = false
