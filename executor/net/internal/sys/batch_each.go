//go:build darwin || dragonfly || freebsd || netbsd || openbsd || windows

package sys

// A Batch is the memory for moving several datagrams: these systems move them one by one.
type Batch struct{ slots [MaxBatch]slot }

type slot struct {
	b         []byte
	end       Endpoint // from or to
	family    Family
	addressed bool
	n         int
	truncated bool
}

// Room gives the i-th datagram to receive the room b.
func (m *Batch) Room(i int, b []byte) { m.slots[i] = slot{b: b} }

// Message makes b the i-th datagram to send, to where the socket is connected.
func (m *Batch) Message(i int, b []byte) { m.slots[i] = slot{b: b} }

// MessageTo is Message with an address, for a socket of family f.
func (m *Batch) MessageTo(i int, b []byte, f Family, to Endpoint) {
	m.slots[i] = slot{b: b, end: to, family: f, addressed: true}
}

// Recv receives up to n datagrams into the first n slots, and returns how many, at least one if
// there is no error.
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

// Received is the i-th datagram that Recv has brought.
func (m *Batch) Received(i int) (n int, truncated bool, from Endpoint) {
	p := &m.slots[i]
	return p.n, p.truncated, p.end
}

// Send sends up to n datagrams from the first n slots, and returns how many, at least one if there
// is no error. An error is that of the first of them.
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

// ended is the result of a batch that came as far as i. An error after the first datagram is left
// to the next batch, which meets it again if it lasts.
func (m *Batch) ended(i int, errno Errno) (int, Errno) {
	if i > 0 {
		errno = 0
	}
	return i, errno
}

// Clear lets go of the buffers in the first n slots.
func (m *Batch) Clear(n int) { clear(m.slots[:n]) }
