// Package compat is the bridge between tasks of package executor and ordinary
// Go: code that takes a context.Context, talks over channels, or reads and
// writes a net.Conn.
//
// # Status
//
// The bridge is not written yet, and this package exports nothing. What ordinary
// goroutines need to start tasks and wait for them is in packages executor and
// joinhandle.
//
// # What it will hold
//
//   - channels: a task that awaits a receive or a send without blocking its worker;
//   - net.Conn and net.Listener over the executor's sockets, for libraries that
//     know only those, net/http among them;
//   - io.Reader and io.Writer in both directions.
//
// It is a module of its own so that a program which needs none of this does not
// get net/http along with its executor.
package compat
