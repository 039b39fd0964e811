// Package stdnet provides net.Conn, net.Listener and net.PacketConn over the sockets of executor/net, for code that knows
// only those of package net.
package stdnet
