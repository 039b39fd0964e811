package exchange

import (
	"net/http"
	"strings"
)

// This file has the checks of package http that it makes with golang.org/x/net/http/httpguts. The tables are those of
// RFC 9110 and RFC 3986.

type byteSet [256]bool

func setOf(chars string) (s byteSet) {
	for c := byte('0'); c <= '9'; c++ {
		s[c] = true
	}
	for c := byte('a'); c <= 'z'; c++ {
		s[c], s[c-'a'+'A'] = true, true
	}
	for _, c := range []byte(chars) {
		s[c] = true
	}
	return s
}

var (
	// tokenBytes are those of names of headers.
	tokenBytes = setOf("!#$%&'*+-.^_`|~")
	// hostBytes are those of a host with a port, in whatever order.
	hostBytes = setOf("!$%&'()*+,-.:;=[]_~")
)

func (s *byteSet) hasAll(text string) bool {
	for i := range len(text) {
		if !s[text[i]] {
			return false
		}
	}
	return true
}

func validName(name string) bool { return name != "" && tokenBytes.hasAll(name) }

// validValue reports whether v has no control characters but tabs.
func validValue(v string) bool {
	for i := range len(v) {
		if c := v[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

// notInTrailers are the headers that must come before the body (RFC 9110, 6.5.1).
var notInTrailers = map[string]bool{
	"Authorization": true, "Cache-Control": true, "Connection": true, "Content-Encoding": true, "Content-Length": true,
	"Content-Range": true, "Content-Type": true, "Expect": true, "Host": true, "Keep-Alive": true, "Max-Forwards": true,
	"Pragma": true, "Proxy-Authenticate": true, "Proxy-Authorization": true, "Proxy-Connection": true, "Range": true,
	"Realm": true, "Te": true, "Trailer": true, "Transfer-Encoding": true, "Www-Authenticate": true,
}

func validTrailer(name string) bool {
	return !strings.HasPrefix(name, "If-") && !notInTrailers[name]
}

// hasToken reports whether a value has the token, which is in lower case, between commas or white space.
func hasToken(v, token string) bool {
	if len(v) < len(token) {
		return false
	}
	for word := range strings.FieldsFuncSeq(v, func(c rune) bool { return c == ',' || c == ' ' || c == '\t' }) {
		if strings.EqualFold(word, token) && isASCII(word) {
			return true
		}
	}
	return false
}

// isASCII excludes letters that fold into ASCII ones.
func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// hasListToken is hasToken for values in which only commas separate.
func hasListToken(values []string, token string) bool {
	for _, v := range values {
		for word := range strings.SplitSeq(v, ",") {
			if word = strings.Trim(word, " \t"); strings.EqualFold(word, token) && isASCII(word) {
				return true
			}
		}
	}
	return false
}

// bodyAllowed reports whether a response with this status may have a body.
func bodyAllowed(status int) bool {
	return status >= 200 && status != http.StatusNoContent && status != http.StatusNotModified || status < 100
}

// first returns the first value of a header, whose name is in its canonical form.
func first(h http.Header, name string) string {
	if v := h[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}
