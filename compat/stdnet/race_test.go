//go:build race

package stdnet_test

const raceEnabled = true
