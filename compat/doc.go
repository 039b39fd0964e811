// Package compat will provide the bridge between tasks of package executor and code that knows nothing of them. It
// is not released, and exports nothing yet.
//
// # What it will provide
//
//   - net.Conn and net.Listener over the sockets of the executor, for libraries that know only those: crypto/tls and
//     net/http among them;
//   - io.Reader and io.Writer over streams, and streams over io.Reader and io.Writer;
//   - Go channels: a task that waits for a receive or a send without blocking its worker.
//
// # Until then
//
// Goroutines start tasks and wait for them with packages executor and joinhandle, and exchange values with them through
// the channels below core/channel, whose methods that end in Wait are for goroutines. Code that blocks runs on
// the blocking pool: executor.Blocking. GUIDE.md has a recipe for each.
//
// It is a module of its own so that a program which needs none of this does not depend on net/http.
package compat
