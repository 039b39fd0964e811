package nethttp

import (
	"bufio"
	"bytes"
	"net/http"
	"net/textproto"
)

// A header collects the bytes of a request until net/http needs no more of them to answer: until the header block is
// complete, or a line of it is one that net/http rejects. It is for bytes of one request that may arrive in any pieces.
//
// Only pieces cost a second look: a block that arrives whole is searched for its end, and nothing else.
type header struct {
	scanned int  // the bytes that checked lines take
	lines   int  // the number of checked lines
	bad     bool // a line is rejected
}

// complete reports whether net/http can answer b, all bytes so far. Later calls have the same bytes and more.
func (h *header) complete(b []byte) bool {
	if h.lines == 0 && hasEnd(b) {
		return true
	}
	for !h.bad {
		n := bytes.IndexByte(b[h.scanned:], '\n')
		if n < 0 {
			return false
		}
		line := b[h.scanned : h.scanned+n+1]
		h.scanned += n + 1
		if len(bytes.TrimRight(line, "\r\n")) == 0 {
			return true // the end, or an empty first line
		}
		h.bad = !h.accepts(line)
		h.lines++
	}
	return true
}

// hasEnd reports whether b has an empty line.
func hasEnd(b []byte) bool {
	for {
		n := bytes.IndexByte(b, '\n')
		if n < 0 {
			return false
		}
		if b = b[n+1:]; len(b) > 0 && (b[0] == '\n' || len(b) > 1 && b[0] == '\r' && b[1] == '\n') {
			return true
		}
	}
}

// accepts reports whether net/http reads on after line.
func (h *header) accepts(line []byte) bool {
	if h.lines == 0 {
		request := append(bytes.Clone(line), '\r', '\n')
		_, err := http.ReadRequest(bufio.NewReaderSize(bytes.NewReader(request), 16))
		return err == nil
	}
	if h.lines > 1 && (line[0] == ' ' || line[0] == '\t') {
		return true // it continues a line that was accepted
	}
	block := append(bytes.Clone(line), '\r', '\n')
	_, err := textproto.NewReader(bufio.NewReaderSize(bytes.NewReader(block), 16)).ReadMIMEHeader()
	return err == nil
}

// blanks returns how many of the first four bytes are the line ends that net/http passes over after a POST, which some old
// clients send.
func blanks(b []byte) (n int) {
	for n < len(b) && n < minRequest && (b[n] == '\r' || b[n] == '\n') {
		n++
	}
	return n
}

// minRequest is how many bytes a request on a kept connection must have for net/http to look at it.
const minRequest = 4
