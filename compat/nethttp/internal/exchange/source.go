package exchange

import "io"

// A source is what the requests of a connection are read from: the bytes that were read before, and then the connection.
type source struct {
	s       *serving
	head    []byte // the caller's; read first
	early   [1]byte
	hasByte bool      // early is the next byte; it was read by a watch
	remain  int64     // how many bytes may be read, for the limit of headers
	current *exchange // whose handler runs
	hosts   *hostScan // that sees what is read, or nil
}

// unlimited is a remain for bodies.
const unlimited = 1<<63 - 1

// Read implements io.Reader, for the bufio.Reader.
func (in *source) Read(b []byte) (n int, err error) {
	if in.remain <= 0 {
		return 0, io.EOF
	}
	if len(b) == 0 {
		return 0, nil
	}
	b = b[:min(int64(len(b)), in.remain)]
	switch {
	case len(in.head) > 0:
		n = copy(b, in.head)
		in.head = in.head[n:]
	case in.hasByte:
		b[0], n = in.early[0], 1
		in.hasByte = false
	default:
		if n, err = in.s.conn.Read(b); err != nil {
			in.s.disconnected()
		}
	}
	in.remain -= int64(n)
	if in.hosts != nil {
		in.hosts.feed(b[:n])
	}
	return n, err
}

// holds reports whether there is a byte that was read and that the bufio.Reader does not have.
func (in *source) holds() bool { return len(in.head) > 0 || in.hasByte }
