package nethttp_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/moduvex/moduvex-go/compat/gochan"
	"github.com/moduvex/moduvex-go/compat/nethttp"
)

// A transcript has a line for each thing that a party has seen. Parties that run at a time have sections of their own.
type transcript struct {
	mu       sync.Mutex
	sections map[string][]string
}

// add appends a line to the section of a party.
func (tr *transcript) add(party, format string, args ...any) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	if tr.sections == nil {
		tr.sections = map[string][]string{}
	}
	tr.sections[party] = append(tr.sections[party], fmt.Sprintf(format, args...))
}

// count returns the number of lines of a party.
func (tr *transcript) count(party string) int {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return len(tr.sections[party])
}

// sort orders the lines of a party whose members run at a time.
func (tr *transcript) sort(party string) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	slices.Sort(tr.sections[party])
}

// take returns the lines of a party, and forgets them.
func (tr *transcript) take(party string) string {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	lines := tr.sections[party]
	delete(tr.sections, party)
	return strings.Join(lines, "\n")
}

// String returns all lines: the parties by name.
func (tr *transcript) String() string {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	var b strings.Builder
	for _, party := range slices.Sorted(maps.Keys(tr.sections)) {
		for _, line := range tr.sections[party] {
			fmt.Fprintf(&b, "%s: %s\n", party, line)
		}
	}
	return b.String()
}

// await receives from a channel in a handler: in a task it must not block.
func await[T any](ctx context.Context, c <-chan T) (v T, ok bool) {
	if co := nethttp.Co(ctx); co != nil {
		v, ok, _ = gochan.Recv(co, c)
		return v, ok
	}
	v, ok = <-c
	return v, ok
}

// A buffer collects what goroutines write.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
