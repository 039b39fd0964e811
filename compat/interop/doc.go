// Package interop has tests of compat against clients, servers and libraries of others: databases, gRPC, websockets, QUIC,
// TLS, the clients of HTTP, and the conformance suites of net.Conn and of HTTP/2. It is a module of its own, and never
// released, so that nothing else downloads their modules.
//
// # How they work
//
// A test takes its connections from functions with the form of those of package net. It runs over package net first,
// as the control, and then over package stdnet in several modes of a runtime. Each compares what arrives byte by byte, and
// checks at its end that no goroutine, task or descriptor is left.
//
// A test of package nethttp runs over net/http first, and then over its servers, with handlers on goroutines and in tasks,
// whose connections park after a while and at once.
//
// The servers of others are those of Debian. A test starts them on loopback, as children with a folder of their own;
// tools/ci/install-deps.sh installs them. Where one is missing, the test is skipped, but fails under CI=true.
package interop
