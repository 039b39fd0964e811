// Package kqueue is the backend of package reactor for darwin, freebsd, netbsd, openbsd and dragonfly: a
// [reactor.Poller] over kqueue.
//
// # How it uses the kernel
//
// kqueue has a filter per direction where the contract has an Interest, so a registration is a few
// filters under one entry of a table:
//
//	| filter        | asked for by | reports                                                       |
//	| EVFILT_READ   | Readable     | ReadReady; with EV_EOF ReadClosed, with an error ErrorReady   |
//	| EVFILT_WRITE  | Writable     | WriteReady; with EV_EOF WriteClosed, with an error ErrorReady |
//	| EVFILT_EXCEPT | Priority     | PriorityReady (darwin, dragonfly, openbsd; ignored elsewhere) |
//
// The mode is a flag of each filter: none for Level, EV_CLEAR for Edge, EV_DISPATCH for OneShot, or
// EV_ONESHOT where that is missing (netbsd).
//
// A direction that was not asked for has its filter too, as a guard: it is how a hang-up or an error is
// noticed whatever the Interest. A guard has EV_CLEAR, and a low-water mark that no buffer reaches, so that
// it keeps quiet about data and room. darwin takes a full buffer for that mark, and other files than
// sockets know of none; what a guard then says too much is dropped, and Wait goes on waiting.
//
// A one-shot registration must fall silent as a whole, but the kernel disables the one filter that it
// reports. What the others still report is dropped until Modify; and before the one Event is handed out,
// Wait looks once more, for what the other direction has to say at the same time.
//
// # What it does beyond the contract
//
//   - Level, Edge and OneShot are the kernel's own, so it is no [reactor.Rearmer].
//   - All that is reported of a descriptor in one Wait comes in one Event.
//   - A Wait is one system call as a rule. It takes another when a signal interrupts it, when nothing of
//     what the kernel reported is to be told, for a one-shot registration as said above, and once a day.
//   - A change, however many filters it concerns, is one system call that reports an error for each of
//     them (EV_RECEIPT) and never takes events along; on netbsd it is one system call per filter.
//   - WriteClosed alone is told of a pipe's writing end whatever the Interest. Of a socket (which comes to
//     that by its own shutdown) it is told to an Interest with Writable.
//   - Notify triggers a filter of the user's (EVFILT_USER); on netbsd and openbsd it writes to a pipe, and
//     a Poller costs three descriptors there instead of one.
//
// On other systems the package compiles, and New returns an error that wraps errors.ErrUnsupported.
package kqueue
