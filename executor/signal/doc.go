// Package signal brings signals of the operating system to tasks: [Stream], and [ShutdownOnSignal]
// for the end of a program. It stands on os/signal, which does the work with the system: what that
// says of the signals of each platform holds here too, os.Interrupt for Ctrl-C and Ctrl-Break on
// Windows included.
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
// # What a stream gets
//
// A stream gets every signal of the kinds it was opened for that arrives after [NewStream] has returned,
// again and again, until it is closed. What arrived earlier it does not get, though another stream may
// have it unread.
//
// A stream that nobody reads holds one signal of each kind at most. Further ones of that kind are one
// with it: what is received means "at least once since you last looked", as it does for signals
// everywhere. A flood of one kind takes no place from another. Kinds come in the order in which the
// stream got them, which for signals in quick succession need not be the order in which they were sent.
//
// # Who gets a signal
//
// Every stream gets it, in however many runtimes, and so does whoever else in the program uses
// os/signal. On one stream it goes to one of those who wait, the one that has waited longest; who is
// given up after that, and before it knows, passes the signal on. So tasks that share work share a
// stream, and tasks that each want to hear of everything open one each.
//
// # What is taken over
//
// As long as there is a stream for a kind, the system's default action for it, most often the end of
// the process, is off. Nothing else is changed: a stream for SIGINT leaves SIGTERM what it was. With the
// close of the last stream for a kind, its default action is on again, unless somebody uses os/signal
// for it. None is lost in between: a signal that races with Close is either in the stream, where it can
// still be received, or does what it does by default.
//
// # Three forms
//
// A receive exists in direct style, [Stream.Recv] and [Stream.All], as a future,
// [Stream.RecvFuture], and for plain goroutines, [Stream.RecvWait]. They may be mixed on one stream, and
// called from any runtime: a stream belongs to none.
//
// # Goroutines
//
// A stream has one goroutine for each of its kinds, which sleeps in a channel of os/signal. [Stream.Close]
// ends them and waits for that. There is no finalizer: a stream that is not closed keeps its kinds taken
// over.
package signal
