// Package interop has tests of compat against clients, servers and libraries of others: databases, gRPC, websockets, QUIC,
// TLS, and the conformance suite of net.Conn. It is a module of its own, and never released, so that nothing else
// downloads their modules.
package interop
