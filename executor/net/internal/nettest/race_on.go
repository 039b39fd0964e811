//go:build race

package nettest

// Race says that the race detector is on: it allocates, and makes everything slow.
const Race = true
