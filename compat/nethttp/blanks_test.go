package nethttp_test

import (
	"io"
	"net/http"
	"testing"
)

// After a POST, net/http passes over line ends before the next request, also where the connection has lingered, been parked, or
// both in between.
func TestLineEndsAfterAPost(t *testing.T) {
	sparing(t)
	const post = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx"
	get := gets("/")
	for _, before := range [][]string{{post}, {get}, {get, post}, {post, get}, {post, post}, {get, "\x00P", "OST" + post[4:]}, {post, "\r\n" + post}} {
		for _, ends := range []string{"\r\n", "\n", "\r\n\r\n", "\r\n\r\n\r", "\r\n\r\n\r\n"} {
			compare(t, func(t *testing.T, k kind) *transcript {
				tr := new(transcript)
				s := k.serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					io.Copy(io.Discard, r.Body)
					io.WriteString(w, r.Method)
				}))
				c := s.dial(t)
				for _, request := range before {
					if request[0] == 0 { // a part
						c.write(t, request[1:])
						continue
					}
					c.write(t, request)
					_, body := c.response(t, http.MethodGet)
					tr.add("client", "%s", body)
				}
				s.waitParked(t, 1)
				tr.add("client", "%s", c.exchange(noPause, ends+get))
				return tr
			})
		}
	}
}
