package main

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/moduvex/moduvex-go/core/channel/broadcast"
)

// backlog is how many lines a client may be behind the others. Then it misses the oldest.
const backlog = 256

// A room is what the clients share. Its methods may be called by tasks of any worker.
type room struct {
	lines *broadcast.Sender[line]

	// A mutex of package sync is right for a few instructions without an await in between: it is held for less
	// time than a task takes to park. What is held over an await takes a lock.Mutex.
	mu    sync.Mutex
	names map[string]bool
}

// A line is what a client says, or what the server says about it.
type line struct {
	from string // does not get the line
	text string
}

func newRoom() *room {
	lines, first := broadcast.New[line](backlog)
	first.Close() // clients subscribe as they join
	return &room{lines: lines, names: map[string]bool{}}
}

// join adds a client, and returns the lines from now on. An error is for the client to read.
func (r *room) join(name string) (*broadcast.Receiver[line], error) {
	switch {
	case name == "" || len(name) > 20:
		return nil, fmt.Errorf("a name has 1 to 20 bytes")
	case strings.ContainsFunc(name, func(c rune) bool { return c <= ' ' || c == 0x7f || c == ':' }):
		return nil, fmt.Errorf("a name has no blanks, colons or control characters")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.names[name] {
		return nil, fmt.Errorf("the name %s is taken", name)
	}
	r.names[name] = true
	lines := r.lines.Subscribe()
	r.lines.Send(line{from: name, text: "* " + name + " joins"})
	return lines, nil
}

// leave removes a client.
func (r *room) leave(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.names, name)
	r.lines.Send(line{from: name, text: "* " + name + " leaves"})
}

// say sends what a client says to all others.
func (r *room) say(name, text string) { r.lines.Send(line{from: name, text: name + ": " + text}) }

// who returns the names, sorted.
func (r *room) who() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	names := make([]string, 0, len(r.names))
	for name := range r.names {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
