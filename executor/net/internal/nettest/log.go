package nettest

import (
	"strings"
	"sync"
)

// A Log is the output of a logger. Any goroutine may use it.
type Log struct {
	mu  sync.Mutex
	buf strings.Builder
}

// Write implements io.Writer.
func (l *Log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

// String returns what was written.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// Count returns how often text occurs.
func (l *Log) Count(text string) int { return strings.Count(l.String(), text) }
