package exchange

import "bytes"

// A hostScan looks for the line Host in the header of a request. http.ReadRequest removes it, and what it keeps does not
// tell whether there was none, nor which one there was beside an absolute URL. The header may come in pieces.
type hostScan struct {
	found   bool
	invalid bool

	state   scanState
	matched int  // bytes of "host:" that the line began with
	ours    bool // the last line was Host, so that a continuation belongs to it
	value   bool // it has a value so far
	gap     bool // white space has followed the value
}

type scanState uint8

const (
	inRequestLine scanState = iota
	atLine                  // at the begin of a line
	afterCR                 // at the begin of a line, after a CR
	inName                  // as long as the line may be Host
	inValue                 // of Host
	inOther                 // in another line
	pastHeader
)

const hostName = "host:"

// feed takes the next bytes of the request.
func (h *hostScan) feed(b []byte) {
	for len(b) > 0 && h.state != pastHeader {
		switch h.state {
		case inRequestLine, inOther:
			i := bytes.IndexByte(b, '\n')
			if i < 0 {
				return
			}
			b = b[i+1:]
			h.state = atLine
			continue
		case atLine, afterCR:
			h.begin(b[0])
		case inName:
			h.name(b[0])
		case inValue:
			h.add(b[0])
		}
		b = b[1:]
	}
}

// begin takes the first byte of a line, or the second one after a CR.
func (h *hostScan) begin(c byte) {
	switch {
	case c == '\n':
		h.state = pastHeader
	case h.state == afterCR:
		h.state = inOther
	case c == '\r':
		h.state = afterCR
	case c == ' ' || c == '\t':
		h.state = inOther
		if h.ours {
			h.state, h.gap = inValue, true
		}
	default:
		h.ours, h.matched, h.state = false, 0, inName
		h.name(c)
	}
}

// name takes a byte of a line that may be Host.
func (h *hostScan) name(c byte) {
	switch {
	case c == '\n':
		h.state = atLine
	case c != hostName[h.matched] && (hostName[h.matched] == ':' || c|0x20 != hostName[h.matched]):
		h.state = inOther
	default:
		if h.matched++; h.matched == len(hostName) {
			h.state, h.ours, h.found, h.value, h.gap = inValue, true, true, false, false
		}
	}
}

// add takes a byte of the value.
func (h *hostScan) add(c byte) {
	switch {
	case c == '\n':
		h.state = atLine
	case c == ' ' || c == '\t' || c == '\r':
		h.gap = true
	default:
		if !hostBytes[c] || h.value && h.gap {
			h.invalid = true
		}
		h.value, h.gap = true, false
	}
}
