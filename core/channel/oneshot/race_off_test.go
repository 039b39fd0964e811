//go:build !race

package oneshot_test

const raceDetector = false
