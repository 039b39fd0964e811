// Package signal provides signals of the operating system to tasks: [Stream] receives them, and [ShutdownOnSignal]
// ends a server when one arrives.
//
//	s := signal.NewStream(syscall.SIGHUP)
//	defer s.Close()
//	for _, err := range s.All(co) {
//		if err != nil {
//			return err
//		}
//		reload()
//	}
//
// A receive has three forms: direct style, [Stream.Recv] and [Stream.All]; a future, [Stream.RecvFuture]; and one for
// plain goroutines, [Stream.RecvWait] and [Stream.AllWait]. They may be mixed on one stream, and called from any runtime:
// a stream belongs to none. The package uses os/signal, whose documentation of the signals of each platform holds here
// too, os.Interrupt for Ctrl-C and Ctrl-Break on Windows included.
//
// # What a stream receives
//
// A stream receives every signal of its kinds that arrives after [NewStream] has returned, until it is closed. It does
// not receive a signal that arrived earlier, even if another stream holds it unread.
//
// A stream that no task reads holds one signal of each kind at most. Further signals of that kind are merged with it: a
// receive means "at least once since the last receive", as it does for signals everywhere. A flood of one kind does not
// displace another. Kinds are received in the order in which the stream got them, which for signals in quick succession
// may differ from the order in which they were sent.
//
// # Several receivers
//
// Every stream receives the signal, in however many runtimes, and so does every other user of os/signal in the
// program. Within one stream it goes to one receiver: the one that has waited longest. A receiver that is cancelled or
// dropped after that, and before it knows, passes the signal on. So tasks that share work share a
// stream, and tasks that must each see every signal open one each.
//
// # Default actions
//
// As long as there is a stream for a kind, the system's default action for that kind, most often the end of
// the process, is off. Other kinds are not changed: a stream for SIGINT leaves SIGTERM as it was. The
// close of the last stream for a kind turns its default action on again, unless other code uses os/signal
// for it. No signal is lost in between: one that races with Close is either in the stream, where it can
// still be received, or has its default action.
//
// # Goroutines
//
// A stream has one goroutine for each of its kinds, which sleeps in a channel of os/signal. [Stream.Close]
// ends them and waits for their end. There is no finalizer: a stream that is not closed keeps the default actions of its
// kinds off.
package signal
