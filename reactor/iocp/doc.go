// Package iocp is the Windows backend of package reactor: a [reactor.Poller]
// over an I/O completion port.
//
// # Status
//
// The poller is not written yet. On every system, New returns an error that
// wraps errors.ErrUnsupported; the names are there so that programs which choose
// a backend by build tag compile everywhere.
//
// # What it will be
//
// A completion port for each Poller. Readiness of sockets comes from poll
// requests to the AFD driver that complete on the port, once each; so the Poller
// will be a [reactor.Rearmer] too. Notify posts a packet to the port. On other
// systems New will go on returning errors.ErrUnsupported.
package iocp
