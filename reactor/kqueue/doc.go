// Package kqueue provides a [reactor.Poller] over kqueue, for darwin, freebsd, netbsd, openbsd and dragonfly.
//
// A program that uses the executor gets it by default on these systems. A program with a loop of its own calls [New]
// and passes the Poller to [reactor.New], or calls Add and Wait itself, as the example does. On other systems the
// package compiles, and New returns an error that wraps errors.ErrUnsupported.
//
// # Use of the kernel
//
// kqueue has a filter per direction where the contract has an Interest, so a registration is a few filters under one
// entry of a table:
//
//	| filter        | for      | reports                                                       |
//	| EVFILT_READ   | Readable | ReadReady; with EV_EOF ReadClosed, with an error ErrorReady   |
//	| EVFILT_WRITE  | Writable | WriteReady; with EV_EOF WriteClosed, with an error ErrorReady |
//	| EVFILT_EXCEPT | Priority | PriorityReady (darwin, dragonfly, openbsd; ignored elsewhere) |
//
// The mode is a flag of each filter: none for Level, EV_CLEAR for Edge, EV_DISPATCH for OneShot, or EV_ONESHOT where
// that is missing (netbsd).
//
// A direction that is not in the Interest has its filter too, as a guard: it reports a hang-up or an error, which the
// contract reports whatever the Interest. A guard has EV_CLEAR and a low-water mark that no buffer reaches, so that the
// kernel does not report data and room. darwin caps the mark at the size of a full buffer, and files other than
// sockets ignore it. The Poller drops what a guard reports beyond hang-ups and errors, and Wait continues.
//
// A one-shot registration must fall silent as a whole, but the kernel disables only the filter that it reports. The
// Poller drops the reports of the other filters until Modify. Before Wait returns the one Event, it calls the kernel
// once more, for what holds of the other direction at the same time.
//
// A change of a registration has three steps: plan, submit and judge; see plan.go.
//
// # Within the contract
//
//   - Level, Edge and OneShot are the kernel's own modes, so the Poller is not a [reactor.Rearmer].
//   - All that is reported of a descriptor in one Wait comes in one Event.
//   - A Wait is usually one system call. It takes another one when a signal interrupts it, when none of the kernel's
//     events is reported, for a one-shot registration as described above, and once a day.
//   - A change, whatever the number of its filters, is one system call that reports an error for each of them
//     (EV_RECEIPT) and never takes events; on netbsd it is one system call per filter.
//   - WriteClosed alone is reported of the writing end of a pipe whatever the Interest. Of a socket, whose writing end
//     closes by its own shutdown, it is reported to an Interest with Writable.
//   - Notify triggers a user filter (EVFILT_USER). On netbsd and openbsd it writes to a pipe, and a Poller takes three
//     descriptors instead of one.
package kqueue
