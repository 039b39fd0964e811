package nethttp_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// padded returns a request of exactly n bytes.
func padded(path string, n int) string {
	head := "GET " + path + " HTTP/1.1\r\nHost: x\r\nPad: "
	return head + strings.Repeat("p", n-len(head)-4) + "\r\n\r\n"
}

// lingering are kinds whose leases end soon.
var lingering = []kind{{name: "without linger", linger: -1}, {name: "a short linger", linger: 2 * time.Millisecond}}

// The engine holds bytes of the next request when it has answered the last one: one to three, which it does not look at, or
// more. The connection stays with it, and the request is answered when the rest comes.
func TestALeaseDoesNotEndWithAPartOfARequest(t *testing.T) {
	next := padded("/next", 5000)
	for _, k := range lingering {
		for _, whole := range []int{100, 4095, 4096, 4097, 8192} {
			for _, part := range []int{1, 2, 3, 4, 5, 100, 4095, 4096} {
				t.Run(fmt.Sprintf("%s, %d and %d bytes", k.name, whole, part), func(t *testing.T) {
					s := k.serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.URL.Path) }))
					c := s.dial(t)
					c.write(t, padded("/whole", whole)+next[:part])
					if _, body := c.response(t, http.MethodGet); body != "/whole" {
						t.Fatalf("the answer is %q", body)
					}
					s.waitSweeps(t, 4)
					if st := s.ours.Stats(); st.Parks != 0 && st.Parked != 1 || st.Parked+st.Served != 1 {
						t.Errorf("%+v", st)
					}
					c.write(t, next[part:]+gets("/last"))
					for _, want := range []string{"/next", "/last"} {
						if _, body := c.response(t, http.MethodGet); body != want {
							t.Fatalf("the answer is %q, want %q", body, want)
						}
					}
					s.waitParked(t, 1)
				})
			}
		}
	}
}

// waitSweeps waits until there have been n sweeps, or none is needed any more.
func (s *site) waitSweeps(t *testing.T, n uint32) {
	t.Helper()
	end := s.ours.Sweeps() + n
	if !eventually(func() bool { return s.ours.Sweeps() >= end || s.ours.Stats().Served == 0 }) {
		t.Error("there are no sweeps")
	}
}

// A request that fills the engine's buffer exactly leaves nothing behind: the connection is parked.
func TestALeaseEndsWhenTheBufferIsDrained(t *testing.T) {
	for _, k := range lingering {
		s := k.serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.URL.Path) }))
		c := s.dial(t)
		for i, n := range []int{4096, 8192, 4095, 12288, 4097} {
			c.write(t, padded("/a", n))
			if _, body := c.response(t, http.MethodGet); body != "/a" {
				t.Fatalf("the answer is %q", body)
			}
			if !eventually(func() bool { return s.ours.Stats().Parks >= uint64(i+1) && s.ours.Stats().Parked == 1 }) {
				t.Fatalf("%s: %+v after %d bytes", k.name, s.ours.Stats(), n)
			}
		}
	}
}
