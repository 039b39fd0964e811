package nethttp_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// long is a linger that does not end in a test.
const long = time.Hour

func TestAConnectionLingersAsLongAsItMay(t *testing.T) {
	s := kind{name: "long linger", linger: long}.serve(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for range 3 {
		c := s.dial(t)
		c.get(t, "/") // parks
		c.get(t, "/") // has come soon after that
		c.get(t, "/")
	}
	for end := s.ours.Sweeps() + 10; !eventually(func() bool { return s.ours.Sweeps() >= end }); {
		t.Fatal("there are no sweeps")
	}
	if st := s.ours.Stats(); st.Served != 3 || st.Parks != 3 {
		t.Errorf("%+v, want three connections that linger", st)
	}
}

// A long linger is no long wait of a handler for the end of its client.
func TestADisconnectIsNoticedDuringALongLinger(t *testing.T) {
	began, ended := make(chan struct{}), make(chan error)
	s := kind{name: "long linger", linger: long}.serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		began <- struct{}{}
		<-r.Context().Done()
		ended <- r.Context().Err()
	}))
	c := s.dial(t)
	c.write(t, gets("/"))
	within(t, "the handler", began)
	c.Close()
	within(t, "the end of the context", ended)
}

// Of HTTP/2 without TLS, a frame of one byte is read like any other: no Read of one byte waits for a sweep.
func TestFramesOfOneByte(t *testing.T) {
	var p http.Protocols
	p.SetHTTP1(true)
	p.SetUnencryptedHTTP2(true)
	k := kinds[0]
	s := k.serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.NewResponseController(w).Flush()
		var b [1]byte
		for {
			if _, err := r.Body.Read(b[:]); err != nil {
				return
			}
			fmt.Fprintf(w, "%s %s", r.Proto, b[:])
			http.NewResponseController(w).Flush()
		}
	}), func(s *http.Server) { s.Protocols = &p })
	s.ours.HoldSweeps()
	tr := &http.Transport{Protocols: new(http.Protocols)}
	tr.Protocols.SetUnencryptedHTTP2(true)
	defer tr.CloseIdleConnections()
	pr, pw := io.Pipe()
	req := must[*http.Request](t)(http.NewRequest(http.MethodPost, "http://"+s.addr, pr))
	res := must[*http.Response](t)((&http.Client{Transport: tr, Timeout: testTimeout}).Do(req))
	defer res.Body.Close()
	for _, text := range strings.Split("abc", "") {
		io.WriteString(pw, text)
		b := make([]byte, len("HTTP/2.0 a"))
		if _, err := io.ReadFull(res.Body, b); err != nil || string(b) != "HTTP/2.0 "+text {
			t.Fatalf("the answer to a frame is %q, %v", b, err)
		}
	}
	pw.Close()
}
