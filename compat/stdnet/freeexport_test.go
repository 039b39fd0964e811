package stdnet

import "net"

// Writing reports whether a write of c is under way.
func Writing(c net.Conn) bool {
	lock := &c.(*TCPConn).writing
	if lock.TryLock() {
		lock.Unlock()
		return false
	}
	return true
}
