package nethttp

// A method follows the first bytes of a request to find out whether it is a POST, after which net/http skips line ends. Of
// pipelined requests it sees the first one only.
type method struct {
	seen int // bytes of post that are there; -1 once others are
}

const post = "POST "

// begin has m follow the next request.
func (m *method) begin() { m.seen = 0 }

// add follows b.
func (m *method) add(b []byte) {
	for _, c := range b {
		switch {
		case m.seen < 0 || m.seen == len(post):
			return
		case m.seen == 0 && (c == '\r' || c == '\n'):
		case c == post[m.seen]:
			m.seen++
		default:
			m.seen = -1
		}
	}
}

// begun reports whether m needs further bytes. It does so only until the engine has read the request.
func (m *method) begun() bool { return 0 < m.seen && m.seen < len(post) }

func (m *method) isPost() bool { return m.seen == len(post) }
