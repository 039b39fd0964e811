// Package compat is the documentation of the bridge between tasks of package executor and code that knows nothing of them. It
// declares nothing; import the packages below it:
//
//   - stdnet: net.Conn, net.Listener and net.PacketConn over the sockets of the executor, for crypto/tls, net/http, drivers;
//   - taskctx: tasks that end with a context, and contexts that end with a task;
//   - gochan: Go channels that a task can wait for;
//   - metrics: the metrics of a runtime in terms of the standard library. Modules compat/prometheus and compat/otel publish
//     them to Prometheus and by OpenTelemetry.
//
// It is a module of its own so that a program which needs none of this does not download it.
package compat
