package nethttp

import (
	"bufio"
	"bytes"
	"net/http"
	"net/textproto"
)

// A header follows the bytes of a request until net/http needs no more of them to answer: until the header block is
// complete, or a line or a field is one that net/http rejects. The bytes may arrive in any pieces.
//
// Only pieces cost a second look: a block that arrives whole is searched for its end, and nothing else.
type header struct {
	field  int // where the field begins that the line before the current one is of: a field may have several lines
	line   int // where the current line begins
	looked int // where the search for its end goes on
	lines  int // the number of lines before it
}

// complete reports whether net/http can answer b, all bytes so far. Later calls have the same bytes and more.
func (h *header) complete(b []byte) bool {
	if h.looked == 0 && hasEnd(b) {
		return true
	}
	for h.looked < len(b) {
		if h.looked == h.line && h.lines > 0 && !blank(b[h.line]) {
			if h.lines > 1 && !acceptsField(b[h.field:h.line]) {
				return true
			}
			h.field = h.line
		}
		n := bytes.IndexByte(b[h.looked:], '\n')
		if n < 0 {
			h.looked = len(b)
			return false
		}
		h.looked += n + 1
		if h.ends(b[h.line:h.looked]) {
			return true
		}
		h.line = h.looked
		h.lines++
	}
	return false
}

// ends reports whether net/http needs nothing after line: it is empty, or is rejected.
func (h *header) ends(line []byte) bool {
	switch {
	case h.lines == 0:
		return !acceptsFirst(line)
	case blank(line[0]):
		return h.lines == 1 // nothing that it could continue
	}
	return bytes.IndexByte(line, ':') < 0
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

// acceptsFirst reports whether net/http accepts the first line of a request.
func acceptsFirst(line []byte) bool {
	request := append(bytes.Clone(line), '\r', '\n')
	_, err := http.ReadRequest(bufio.NewReaderSize(bytes.NewReader(request), 16))
	return err == nil
}

// acceptsField reports whether net/http accepts a field, which has a colon, of all its lines. It looks at a field when it has
// seen that the next line does not continue it.
func acceptsField(lines []byte) bool {
	block := append(bytes.Clone(lines), '\r', '\n')
	_, err := textproto.NewReader(bufio.NewReaderSize(bytes.NewReader(block), 16)).ReadMIMEHeader()
	return err == nil
}

func blank(c byte) bool { return c == ' ' || c == '\t' }

// newlines returns how many of the first four bytes are the line ends that net/http passes over after a POST, which some old
// clients send.
func newlines(b []byte) (n int) {
	for n < len(b) && n < minRequest && (b[n] == '\r' || b[n] == '\n') {
		n++
	}
	return n
}

// minRequest is how many bytes a request on a kept connection must have for net/http to look at it.
const minRequest = 4
