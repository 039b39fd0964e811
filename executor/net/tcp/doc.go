// Package tcp provides TCP sockets for tasks: [Listener], [ListenerGroup], [Stream], [Dial] and [Dialer].
//
// # A server
//
// A [ListenerGroup] accepts on all workers of a runtime. [ListenerGroup.Serve] runs a function as a task for each
// connection and closes the connection when the task has ended:
//
//	g, err := tcp.ListenGroup(rt, "tcp", ":7000")
//	...
//	err = g.Serve(co, func(co *coro.Co, conn *tcp.Stream) {
//		_, _ = stream.Copy(co, conn, conn)
//	})
//
// A [Listener] accepts in one task, which spawns the others itself.
//
// # A client
//
//	s, err := tcp.Dial(co, "tcp", "example.com:80")
//
// [Dialer.DialFuture] connects to an address in poll style.
//
// # What all sockets have in common
//
// Both styles, errors, deadlines, use by several tasks and Close work as the documentation of
// [github.com/moduvex/moduvex-go/executor/net] says. In particular:
//
//   - If several tasks read or write one Stream at a time, the first one gets the bytes. A Write of more bytes than there is
//     room for takes several steps, between which a Write of another task may come. A Write that fails in the middle returns
//     how many bytes it has written.
//   - A Stream is registered with the worker of the task that accepted or dialed it.
//   - A Listener closes when the runtime of the task that accepted last begins to drain.
//   - A zero Stream, ReadHalf, WriteHalf, Listener or ListenerGroup is closed. A zero [ListenConfig] or [Dialer] is ready for
//     use.
package tcp
