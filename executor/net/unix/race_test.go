//go:build race

package unix_test

const raceEnabled = true
