//go:build !race

package gochan_test

const raceEnabled = false
