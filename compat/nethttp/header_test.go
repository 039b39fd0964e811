package nethttp_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/moduvex/moduvex-go/compat/nethttp"
	"github.com/moduvex/moduvex-go/executor/modetest"
)

// A stream has the bytes that have arrived. A read after them would wait.
type stream struct {
	bytes.Reader
	waits bool
}

func (s *stream) Read(b []byte) (int, error) {
	n, err := s.Reader.Read(b)
	if err == io.EOF {
		s.waits, err = true, errors.New("would wait")
	}
	return n, err
}

// decides reports whether net/http has a request or an error when b has arrived, and does not wait for more.
func decides(b []byte) bool {
	s := &stream{}
	s.Reset(b)
	_, _ = http.ReadRequest(bufio.NewReader(s))
	return !s.waits
}

// checkHeader compares when a header is complete with when net/http decides: for the bytes one by one, and at once.
func checkHeader(t *testing.T, b []byte) {
	t.Helper()
	complete := nethttp.NewHeader()
	for n := range len(b) + 1 {
		want := decides(b[:n])
		if got := nethttp.NewHeader()(b[:n]); got != want {
			t.Errorf("%q at once: complete is %t, and net/http's decision %t", b[:n], got, want)
		}
		if got := complete(b[:n]); got != want {
			t.Errorf("%q byte for byte: complete is %t, and net/http's decision %t", b[:n], got, want)
		}
		if want || t.Failed() {
			return // the task does not ask again
		}
	}
}

var headers = []string{
	"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
	"GET / HTTP/1.1\nHost: x\n\n",
	"GET / HTTP/1.1\r\n\r\n",
	"GET / HTTP/1.0\r\n\r\nrest",
	"POST /path?query HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc",
	"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
	"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
	"\r\n", "\n", "\r", "\r\r\n", "\r\nGET / HTTP/1.1\r\n\r\n", " \r\n", "\t\n", "\x00\n",
	"GET\r\n", "GET /\r\n", "GET / HTTP/1\r\n", "GET / HTTP/9.9\r\n\r\n", "GET  / HTTP/1.1\r\n\r\n", "G\x00T / HTTP/1.1\r\n\r\n",
	"GET /%zz HTTP/1.1\r\n\r\n", "GET \x7f HTTP/1.1\r\n\r\n", "CONNECT x:1 HTTP/1.1\r\n\r\n",
	"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
	"GET / HTTP/1.1\r\nHost\r\nA: b\r\n\r\n",
	"GET / HTTP/1.1\r\n: x\r\nA: b\r\n\r\n",
	"GET / HTTP/1.1\r\nBad Key: x\r\nA: b\r\n\r\n",
	"GET / HTTP/1.1\r\nBad Key: x\r\n continued\r\nA: b\r\n\r\n",
	"GET / HTTP/1.1\r\nA: b\x00\r\nA: b\r\n\r\n",
	"GET / HTTP/1.1\r\nA: b\x7f\r\n\r\n",
	"GET / HTTP/1.1\r\nA: b\x80\r\n\r\n",
	"GET / HTTP/1.1\r\n A: b\r\n\r\n",
	"GET / HTTP/1.1\r\n\tA: b\r\n\r\n",
	"GET / HTTP/1.1\r\n \r\n\r\n",
	"GET / HTTP/1.1\r\nA: b\r\n c\r\n\td\r\nE: f\r\n\r\n",
	"GET / HTTP/1.1\r\nA: b\r\n c\x00\r\nE: f\r\n\r\n",
	"GET / HTTP/1.1\r\nA: b\r\n \r\n\r\n",
	"GET / HTTP/1.1\r\nA: b\r\n \r\nE: f\r\n\r\n",
	"GET / HTTP/1.1\r\nA: b\r\n\r\r\n\r\n",
	"GET / HTTP/1.1\r\nA: b\r\r\n\r\n",
	"GET / HTTP/1.1\r\n\r\r\n\r\n",
	"GET / HTTP/1.1\r\r\n\r\n",
	"GET / HTTP/1.1 \r\n\r\n",
	"GET / HTTP/1.1\r\nA:\r\n\r\n",
	"GET / HTTP/1.1\r\nA: b\n\r\n",
	"GET / HTTP/1.1\nA: b\r\n\n",
	"GET / HTTP/1.1\r\nA: b\r\n:\r\n\r\n",
	"GET / HTTP/1.1\r\nA: b\rC: d\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
	"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
	"GET / HTTP/1.1\r\nTransfer-Encoding: x\r\n\r\n",
	"GET / HTTP/1.1\r\nA: " + strings.Repeat("x", 100) + "\r\nB: y\r\n\r\n",
}

// A parked task keeps a request as long as net/http would wait for more of it, and no longer.
func TestAHeaderIsCompleteWhenNetHTTPDecides(t *testing.T) {
	if !modetest.First() {
		return
	}
	for _, text := range headers {
		t.Run(text, func(t *testing.T) { checkHeader(t, []byte(text)) })
	}
	for _, n := range []int{15, 16, 17, 4094, 4095, 4096, 4097, 8192} { // around the buffers' ends
		const line = "GET / HTTP/1.1\r\n"
		for _, text := range []string{
			line + "A: " + strings.Repeat("x", n) + "\r\n\r\n",
			line + strings.Repeat("x", n) + "\r\nA: b\r\n\r\n",
			"GET /" + strings.Repeat("x", n) + " HTTP/1.1\r\nA: b\r\n\r\n",
		} {
			b := []byte(text)
			for cut := len(b) - 20; cut <= len(b); cut++ {
				if got, want := nethttp.NewHeader()(b[:cut]), decides(b[:cut]); got != want {
					t.Errorf("%d bytes of %.30q...: complete is %t, and net/http's decision %t", cut, b, got, want)
				}
			}
		}
	}
}

func TestBlanksAfterAPost(t *testing.T) {
	if !modetest.First() {
		return
	}
	for text, want := range map[string]int{"": 0, "G": 0, "\r\nGET": 2, "\n\n\nG": 3, "\r\n\r\nG": 4, "\r\n\r\n\r\nG": 4, " \r\n": 0} {
		if got := nethttp.Newlines([]byte(text)); got != want {
			t.Errorf("%q has %d, want %d", text, got, want)
		}
	}
}

func FuzzHeader(f *testing.F) {
	for _, text := range headers {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) < 300 {
			checkHeader(t, b)
		}
	})
}
