//go:build darwin || dragonfly || freebsd || netbsd || openbsd || windows

package sys

// A Batch is the memory of several datagrams, which these systems move one by one.
type Batch struct{ slots [MaxBatch]slot }

type slot struct {
	b         []byte
	end       Endpoint // from or to
	family    Family
	addressed bool
	n         int
	truncated bool
}

// Room sets the buffer of the i-th datagram to receive.
func (m *Batch) Room(i int, b []byte) { m.slots[i] = slot{b: b} }

// Message makes b the i-th datagram to send, to the peer of the socket.
func (m *Batch) Message(i int, b []byte) { m.slots[i] = slot{b: b} }

// MessageTo is Message with an address, for a socket of family f.
func (m *Batch) MessageTo(i int, b []byte, f Family, to Endpoint) {
	m.slots[i] = slot{b: b, end: to, family: f, addressed: true}
}

// Recv receives up to n datagrams into the first n slots. It returns how many; without an error, at least one.
func (m *Batch) Recv(fd, n int) (int, Errno) {
	for i := range n {
		p := &m.slots[i]
		var errno Errno
		if p.n, p.truncated, p.end, errno = RecvFrom(fd, p.b, false); errno != 0 {
			return m.ended(i, errno)
		}
	}
	return n, 0
}

// Received returns the i-th datagram of the last Recv.
func (m *Batch) Received(i int) (n int, truncated bool, from Endpoint) {
	p := &m.slots[i]
	return p.n, p.truncated, p.end
}

// Send sends up to n datagrams from the first n slots. It returns how many; without an error, at least one. An error
// is that of the first datagram.
func (m *Batch) Send(fd, n int) (int, Errno) {
	for i := range n {
		p := &m.slots[i]
		var errno Errno
		if p.addressed {
			errno = SendTo(fd, p.b, p.family, p.end)
		} else {
			errno = Send(fd, p.b)
		}
		if errno != 0 {
			return m.ended(i, errno)
		}
	}
	return n, 0
}

// ended returns the result of a batch of i datagrams. An error after the first datagram is left to the next batch,
// which gets it again if it lasts.
func (m *Batch) ended(i int, errno Errno) (int, Errno) {
	if i > 0 {
		errno = 0
	}
	return i, errno
}

// Clear drops the buffers of the first n slots.
func (m *Batch) Clear(n int) { clear(m.slots[:n]) }
