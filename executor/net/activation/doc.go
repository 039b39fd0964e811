// Package activation provides the sockets that a service manager has opened for this process, as systemd does for a unit
// with a .socket file. The manager passes them as descriptors from 3 on, and describes them in variables of the
// environment:
//
//	| variable       | has                                                                       |
//	|----------------|---------------------------------------------------------------------------|
//	| LISTEN_PID     | the process that they are for: others, such as children, ignore the rest  |
//	| LISTEN_FDS     | how many there are                                                        |
//	| LISTEN_FDNAMES | their names, with colons in between: FileDescriptorName= of the units     |
//	| LISTEN_PIDFDID | the process once more, in later versions of systemd: it is not checked    |
//
// [Take] returns them, once, and a method of [Socket] makes each the socket that the program expects:
//
//	sockets, err := activation.Take(true)
//	if err != nil {
//		return err
//	}
//	defer sockets.Close() // those that no method has taken
//	for _, s := range sockets.Named("http") {
//		l, err := s.TCPListener()
//		...
//	}
//
// A server of net/http takes stdnet.FreeListener of module compat, over the TCPListener, or net.FileListener of the File.
//
// A process that was started in another way has none: Take returns an empty list and no error, and the program listens
// itself. The manager keeps its own copies of the descriptors, so an address stays taken after Close, and the options that
// the process sets stay, too.
//
// Other systems than Linux and the BSDs have no such manager. There Take returns an empty list, and errors.ErrUnsupported
// if the variables name this process.
package activation
