//go:build !race && (linux || windows)

package sys

func raceRead([]byte, int) {}

func raceWrite([]byte) {}
