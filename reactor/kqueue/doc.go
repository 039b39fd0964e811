// Package kqueue is the backend of package reactor for darwin, freebsd, netbsd,
// openbsd and dragonfly: a [reactor.Poller] over kqueue.
//
// # Status
//
// The poller is not written yet. On every system, New returns an error that
// wraps errors.ErrUnsupported; the names are there so that programs which choose
// a backend by build tag compile everywhere.
//
// # What it will be
//
// One kqueue for each Poller, with a filter for each direction of a descriptor;
// Level, Edge (EV_CLEAR) and OneShot (EV_DISPATCH) are the system's own. Notify
// triggers a user event (EVFILT_USER), or writes to a pipe on netbsd and openbsd.
// On other systems New will go on returning errors.ErrUnsupported.
package kqueue
