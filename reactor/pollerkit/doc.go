// Package pollerkit implements the parts that Pollers of different systems have in common. It is for writers of a
// [reactor.Poller]; a program that only uses one does not need it.
//
//   - [CheckArgs] checks the arguments of Add and Modify.
//   - [NotifyFlag] coalesces calls of Notify, so that a Poller makes one signal for many of them.
//   - [Unsupported] is a Poller whose methods all fail, for the systems that a backend does not support.
//
// The backends epoll, kqueue and iocp use all three. Package reactortest tests a Poller that uses NotifyFlag with
// its TestInternals.
package pollerkit
